//! The defaults of products: what a scenario that names one does not say itself.

use super::text::{Diagnostics, Kind, Node, Place, merge, parse_default};
use std::borrow::Cow;

/// The balancers' defaults, by the name in `balancer.product`.
const BALANCERS: [(&str, &str); 4] = [
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
];

/// A document with the defaults of the products it names.
pub(super) fn with_defaults<'a>(tree: &'a Node, kind: &Kind) -> Cow<'a, Node> {
    let balancer = tree.as_table().and_then(|table| table.get("balancer"));
    let name = balancer
        .and_then(Node::as_table)
        .and_then(|table| table.get("product"))
        .and_then(Node::as_str);
    let Some((_, defaults)) = BALANCERS.iter().find(|(known, _)| Some(*known) == name) else {
        return Cow::Borrowed(tree);
    };
    // It is read by the same parser as any default of a key, and tested for every product.
    let text = format!("{{ balancer = {defaults} }}");
    let Some(mut whole) = parse_default(&text, Place::NOWHERE, &mut Diagnostics::new()) else {
        return Cow::Borrowed(tree);
    };
    merge(&mut whole, tree, kind);
    whole.place = tree.place;
    Cow::Owned(whole)
}

#[cfg(test)]
mod tests {
    use super::BALANCERS;
    use crate::scenario::Study;
    use crate::scenario::model::Balancing;

    fn balancer(line: &str) -> Balancing {
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
        study.unwrap_or_else(|problems| panic!("{problems}")).scenario.balancer.clone()
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
