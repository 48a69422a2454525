//! The defaults of products: what a scenario that names one does not say itself.

use super::text::{Diagnostics, Kind, Node, Place, merge, parse_default};
use std::borrow::Cow;

/// The balancers' defaults, by the name in `balancer.product`.
const BALANCERS: [(&str, &str); 5] = [
    // `retries 3`, `inter 2s`, `fall 3`, `rise 2`; connection failures alone are tried again, on
    // the same server after min(timeout connect, 1s) without `option redispatch`. HAProxy
    // configuration manual 2.6, measured with 2.6.12.
    (
        "haproxy",
        r#"{ policy = "round_robin", retries = 3, retry_pause = "1s", connect_timeout = "5s",
             slow_start_limits = true,
             health = { active = { interval = "2s", timeout = "2s", fall = 3, rise = 2,
                                   path = "connect", work = "0s" } } }"#,
    ),
    // `max_fails=1 fail_timeout=10s`, `proxy_next_upstream error timeout`, `proxy_connect_timeout
    // 60s`, `proxy_read_timeout 60s`: the documentation of ngx_http_upstream_module and
    // ngx_http_proxy_module.
    (
        "nginx",
        r#"{ policy = "round_robin", redispatch = 7, ejection = "max_fails",
             connect_timeout = "60s", response_timeout = "60s" }"#,
    ),
    // `connect_timeout` 5 s, route timeout 15 s, `healthy_panic_threshold` 50 %: Envoy's
    // documentation of clusters and routes.
    (
        "envoy",
        r#"{ policy = "round_robin", connect_timeout = "5s", response_timeout = "15s",
             panic_below = "50%" }"#,
    ),
    // Interval 30 s, timeout 5 s, healthy 5, unhealthy 2, fail open, idle timeout 60 s, connecting
    // 10 s: the ALB user guide.
    (
        "alb",
        r#"{ policy = "round_robin", none_up = "fail_open", connect_timeout = "10s",
             response_timeout = "60s",
             health = { active = { interval = "30s", timeout = "5s", fall = 2, rise = 5 } } }"#,
    ),
    // `periodSeconds` 10, `timeoutSeconds` 1, `failureThreshold` 3, `successThreshold` 1: the API
    // reference of Kubernetes, container probes; kube-proxy picks at random and refuses where a
    // service has no endpoint.
    (
        "kubernetes",
        r#"{ policy = "random",
             health = { active = { interval = "10s", timeout = "1s", fall = 3, rise = 1 } } }"#,
    ),
];

/// The defaults of servers with workers, by the name in `process.workers.product`.
const SERVERS: [(&str, &str); 7] = [
    // `timeout` 60 s, SIGKILL and a new worker at once; `preload_app` false: unicorn's
    // configurator.rb and http_server.rb.
    ("unicorn", r#"{ preload = false, timeout = { after = "60s", look = "1s" } }"#),
    // MaxRequests with 3072 to 4096 and Oom with 1 to 2 GiB and a check cycle of 16:
    // unicorn-worker-killer's defaults.
    (
        "unicorn_worker_killer",
        r#"{ preload = false, timeout = { after = "60s", look = "1s" },
             max_requests = { count = 3072, jitter = 1024 },
             memory_limit = { above.uniform = { from = "1 GiB", to = "2 GiB" },
                              check_every = 16 } }"#,
    ),
    // Workers are preloaded where there are several; `worker_shutdown_timeout` 30 s: puma's
    // configuration.rb.
    ("puma", r#"{ preload = true, finish = "30s" }"#),
    // `ram` 512 MB times `percent_usage` 0.99, `frequency` 10 s: puma_worker_killer's defaults. Its
    // rolling restart has to be asked for.
    (
        "puma_worker_killer",
        r#"{ preload = true, finish = "30s",
             killer = { above = "531502202 B", every = "10s" } }"#,
    ),
    // `timeout` 30 s, looked at every second; `preload_app` false; a worker that fails to boot
    // halts the master: gunicorn's config.py and arbiter.py.
    (
        "gunicorn",
        r#"{ preload = false, failed_boot = "ends_process",
             timeout = { after = "30s", look = "1s" } }"#,
    ),
    // Reload mercy 60 s, `min-worker-lifetime` 10 s, no harakiri, no max-requests: uWSGI's
    // core/utils.c, init.c and master.c.
    ("uwsgi", r#"{ preload = true, finish = "60s", min_life = "10s" }"#),
    // `MaxConnectionsPerChild 0`: mpm_common.xml.
    ("apache", r#"{ preload = true }"#),
];

/// Where a document names a product: the keys that lead to its section.
const BALANCER: &[&str] = &["balancer"];
const WORKERS: &[&str] = &["process", "workers"];

/// A document with the defaults of the products it names.
pub(super) fn with_defaults<'a>(tree: &'a Node, kind: &Kind) -> Cow<'a, Node> {
    let mut whole = Cow::Borrowed(tree);
    if let Some(with) = with_product(&whole, kind, BALANCER, &BALANCERS) {
        whole = Cow::Owned(with);
    }
    if let Some(with) = with_product(&whole, kind, WORKERS, &SERVERS) {
        whole = Cow::Owned(with);
    }
    whole
}

/// A document with the defaults of the product that one of its sections names.
fn with_product(
    tree: &Node,
    kind: &Kind,
    path: &[&str],
    products: &[(&str, &str)],
) -> Option<Node> {
    let section =
        path.iter().try_fold(tree, |node, key| node.as_table().and_then(|t| t.get(key)))?;
    let name = section.as_table()?.get("product").and_then(Node::as_str)?;
    let (_, defaults) = products.iter().find(|(known, _)| *known == name)?;
    // It is read by the same parser as any default of a key, and tested for every product.
    let text = format!("{{ {} = {defaults} }}", path.join("."));
    let mut whole = parse_default(&text, Place::NOWHERE, &mut Diagnostics::new())?;
    merge(&mut whole, tree, kind);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::{BALANCERS, SERVERS};
    use crate::scenario::Study;
    use crate::scenario::model::{Balancing, Scenario, Workers};

    fn scenario(line: &str) -> Scenario {
        let text = format!(
            r#"schema = 1
name = "x"
title = "x"
{line}
clock = {{ start = 2021-02-01T00:00:00Z, end = 2021-02-01T01:00:00Z }}
load.constant.all.rate = "1/s"
class.web.stages = [{{ cpu = "20ms" }}]
process.slots = 8"#
        );
        let study = Study::load("x.toml", &text, &[""; 0], &[""; 0]);
        Scenario::clone(&study.unwrap_or_else(|problems| panic!("{problems}")).scenario)
    }

    fn balancer(line: &str) -> Balancing {
        scenario(line).balancer
    }

    fn workers(line: &str) -> Workers {
        scenario(&format!("process.workers = {{ count = 4, {line} }}"))
            .process
            .workers
            .expect("some")
    }

    #[test]
    fn servers_have_defaults_that_a_scenario_may_change() {
        let plain = workers("");
        for (name, _) in SERVERS {
            let product = workers(&format!("product = \"{name}\""));
            assert_ne!(product, plain, "{name}");
            let own = workers(&format!("product = \"{name}\", finish = \"7s\""));
            assert_eq!(own.rules.finish.as_nanos(), 7_000_000_000, "{name}");
            assert_eq!(own.preload, product.preload, "{name}");
        }
        let gunicorn = workers("product = \"gunicorn\", timeout.after = \"9s\"");
        let timeout = gunicorn.rules.timeout.expect("it has one");
        assert_eq!(
            (timeout.after.as_nanos(), timeout.look.as_nanos()),
            (9_000_000_000, 1_000_000_000)
        );
        assert!(gunicorn.ends_process && !gunicorn.preload);
        let both = scenario(
            "balancer.product = \"haproxy\"\nprocess.workers = { count = 2, product = \"uwsgi\" }",
        );
        assert_eq!(both.balancer.retries.known().0, 3);
        assert!(both.process.workers.is_some_and(|workers| workers.preload));
    }

    /// Each can be read, changes something, gives way to what the scenario says, and is printed so
    /// that it is read again as the same.
    #[test]
    fn products_have_defaults_that_a_scenario_may_change() {
        let plain = balancer("");
        for (name, _) in BALANCERS {
            let product = balancer(&format!("balancer.product = \"{name}\""));
            assert_ne!(product, plain, "{name}");
            let own = balancer(&format!(
                "balancer = {{ product = \"{name}\", connect_timeout = \"7s\", health = \"none\" }}"
            ));
            assert_eq!(own.connect_timeout.as_nanos(), 7_000_000_000, "{name}");
            assert_eq!(own.health, None, "{name}");
            assert_eq!(own.response_timeout, product.response_timeout, "{name}");
        }
        let haproxy = balancer("balancer.product = \"haproxy\"");
        assert_eq!(haproxy.retries.known().0, 3);
        assert_eq!(balancer("balancer.product = \"nginx\"").response_timeout, Some(minute()));
    }

    fn minute() -> crate::kernel::time::Duration {
        crate::kernel::time::Duration::from_secs(60)
    }
}
