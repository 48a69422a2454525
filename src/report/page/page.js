// Reads, zooms and switches what is drawn already. Values are read off the geometry, whose units
// are those of the data; so there is nothing to keep in step.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  document.documentElement.classList.add("script");

  // --- time -----------------------------------------------------------------------------------
  const page = document.body.dataset;
  const start = Number(page.start), length = Number(page.length);
  const incident = { from: Number(page.from), to: Number(page.to) };
  const zone = page.zone || "UTC";
  const areas = all(".area");
  let view = { ...incident };
  let cursor = null;

  const format = (pattern, timeZone) => {
    const options = { timeZone, hourCycle: "h23", hour: "2-digit", minute: "2-digit" };
    if (pattern.includes("day")) options.weekday = "short";
    if (pattern.includes("second")) options.second = "2-digit";
    const formatter = new Intl.DateTimeFormat("en-GB", options);
    return (seconds) => formatter.format(new Date(start + 1000 * seconds)).replace(",", "");
  };
  // Seconds by which local time is ahead of UTC.
  const offset = (seconds) => {
    const options = { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric",
      day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
    const at = new Date(start + 1000 * Math.floor(seconds));
    const parts = {};
    for (const { type, value } of new Intl.DateTimeFormat("en-US", options).formatToParts(at)) {
      parts[type] = Number(value);
    }
    const local = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute,
      parts.second);
    return Math.round(local / 1000 - Math.floor(at.getTime() / 1000));
  };

  // --- the axis of time, as `axis.rs` has it at first ----------------------------------------
  const steps = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400, 604800];
  const drawAxes = () => {
    const span = view.to - view.from;
    const step = steps.find((one) => span / one <= 8) || steps.at(-1);
    const pattern = span > 86400 ? "day" : span > 360 ? "" : "second";
    const begin = Math.floor(start / 1000) + offset(view.from);
    const first = Math.floor((begin + Math.floor(view.from)) / step) * step - begin;
    for (const [name, timeZone] of [["local", zone], ["utc", "UTC"]]) {
      const label = format(pattern, timeZone);
      for (const row of all(`.times .${name}`)) {
        row.replaceChildren();
        for (let mark = first; mark <= view.to; mark += step) {
          if (mark < view.from) continue;
          const text = document.createElement("span");
          text.style.left = `${(100 * (mark - view.from)) / span}%`;
          text.textContent = label(mark);
          row.append(text);
        }
      }
    }
  };

  const show = (from, to) => {
    const span = Math.min(Math.max(to - from, 5), length);
    from = Math.min(Math.max(from, 0), length - span);
    view = { from, to: from + span };
    for (const area of areas) {
      const svg = area.querySelector("svg");
      const [, y, , height] = svg.getAttribute("viewBox").split(" ");
      svg.setAttribute("viewBox", `${from} ${y} ${span} ${height}`);
    }
    drawAxes();
    point(cursor);
  };

  // --- values ---------------------------------------------------------------------------------
  const read = (path) => {
    if (!path.points) {
      const numbers = path.getAttribute("d").matchAll(/([ML])([-\d.e]+) ([-\d.e]+)/g);
      path.points = [...numbers].map(([, command, x, y]) => ({
        x: Number(x), y: 0 - Number(y), gap: command === "M",
      }));
    }
    return path.points;
  };
  const valueAt = (path, at) => {
    const points = read(path);
    let low = 0, high = points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (points[middle].x <= at) low = middle + 1; else high = middle;
    }
    const before = points[low - 1], after = points[low];
    if (path.hasAttribute("data-steps")) return before && before.y;
    if (!before || !after) return (before || after || {}).y;
    if (after.gap) return undefined;
    return (at - before.x < after.x - at ? before : after).y;
  };
  const digits = (value) => {
    const size = Math.abs(value);
    const fraction = Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    return value.toLocaleString("en-GB", { maximumFractionDigits: fraction });
  };
  const amount = (path, value) => {
    const unit = path.dataset.unit;
    return value === undefined ? "none" : `${digits(value)}${unit.startsWith("/") ? "" : " "}${unit}`;
  };
  const stateAt = (lane, at) => {
    const rect = all("rect", lane).find((one) => {
      const x = Number(one.getAttribute("x"));
      return x <= at && at < x + Number(one.getAttribute("width"));
    });
    return rect ? rect.dataset.state : "not there";
  };
  const readAt = (figure, at) => {
    const parts = [format("second", zone)(at)];
    for (const path of all("path.curve:not(.off)", figure)) {
      parts.push(`${path.dataset.curve} ${amount(path, valueAt(path, at))}`);
    }
    const states = new Map();
    for (const lane of all("g[data-node]:not([display])", figure)) {
      const state = stateAt(lane, at);
      states.set(state, [...(states.get(state) || []), lane.dataset.node]);
    }
    for (const [state, nodes] of states) {
      parts.push(`${state}: ${nodes.length > 4 ? nodes.length : nodes.join(", ")}`);
    }
    return parts.join(" · ");
  };

  const lines = areas.map((area) => {
    const line = document.createElement("div");
    line.className = "cursor";
    line.hidden = true;
    area.append(line);
    return line;
  });
  const point = (at) => {
    cursor = at;
    const visible = at !== null && at >= view.from && at <= view.to;
    const share = visible ? (100 * (at - view.from)) / (view.to - view.from) : 0;
    areas.forEach((area, number) => {
      lines[number].hidden = !visible;
      lines[number].style.left = `${share}%`;
    });
    for (const figure of new Set(areas.map((area) => area.closest("figure")))) {
      const text = visible ? readAt(figure, at) : "";
      figure.querySelector(".readout").textContent = text;
      for (const area of all(".area", figure)) {
        area.setAttribute("aria-valuenow", String(Math.round(share)));
        area.setAttribute("aria-valuetext", text || "nowhere");
      }
    }
  };

  // --- pointer and keys -------------------------------------------------------------------------
  for (const area of areas) {
    // A picture that can be read with the arrow keys: a slider over time.
    const slider = { role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": 100,
      "aria-valuenow": 0 };
    for (const [name, value] of Object.entries(slider)) area.setAttribute(name, value);
    const timeAt = (event) => {
      const box = area.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
      return view.from + share * (view.to - view.from);
    };
    let from = null;
    const drag = document.createElement("div");
    drag.className = "drag";
    drag.hidden = true;
    area.append(drag);
    area.addEventListener("pointermove", (event) => {
      point(timeAt(event));
      if (from === null) return;
      const span = view.to - view.from;
      const [low, high] = [from, timeAt(event)].sort((a, b) => a - b);
      drag.hidden = false;
      drag.style.left = `${(100 * (low - view.from)) / span}%`;
      drag.style.width = `${(100 * (high - low)) / span}%`;
    });
    area.addEventListener("pointerleave", () => { if (from === null) point(null); });
    area.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      from = timeAt(event);
      area.setPointerCapture(event.pointerId);
    });
    area.addEventListener("pointerup", (event) => {
      if (from === null) return;
      const [low, high] = [from, timeAt(event)].sort((a, b) => a - b);
      from = null;
      drag.hidden = true;
      if (high - low > 0.01 * (view.to - view.from)) show(low, high);
    });
    area.addEventListener("dblclick", () => show(incident.from, incident.to));
    area.addEventListener("keydown", (event) => {
      const step = (view.to - view.from) / (event.shiftKey ? 20 : 200);
      const at = cursor === null ? (view.from + view.to) / 2 : cursor;
      const act = {
        ArrowLeft: () => point(Math.max(at - step, view.from)),
        ArrowRight: () => point(Math.min(at + step, view.to)),
        Home: () => point(view.from),
        End: () => point(view.to),
        "+": () => zoom(0.5), "-": () => zoom(2), Escape: () => show(incident.from, incident.to),
      }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    });
  }
  const zoom = (factor) => {
    const inside = cursor !== null && cursor >= view.from && cursor <= view.to;
    const middle = inside ? cursor : (view.from + view.to) / 2;
    const span = (view.to - view.from) * factor;
    show(middle - span / 2, middle + span / 2);
  };
  const move = (share) => {
    const by = share * (view.to - view.from);
    show(view.from + by, view.to + by);
  };
  const zooms = {
    incident: () => show(incident.from, incident.to), whole: () => show(0, length),
    in: () => zoom(0.5), out: () => zoom(2), earlier: () => move(-0.5), later: () => move(0.5),
  };
  for (const button of all("[data-zoom]")) {
    button.addEventListener("click", () => zooms[button.dataset.zoom]());
  }

  // --- switches ---------------------------------------------------------------------------------
  const press = (button) => {
    const pressed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(pressed));
    return pressed;
  };
  for (const button of all("button[data-curve]")) {
    button.disabled = false;
    button.addEventListener("click", () => {
      const on = press(button);
      const figure = button.closest("figure");
      for (const path of all("path[data-curve]", figure)) {
        if (path.dataset.curve === button.dataset.curve) path.classList.toggle("off", !on);
      }
      point(cursor);
    });
  }
  const arrangeLanes = (figure) => {
    const only = figure.querySelector("[data-only-down]");
    const onlyDown = only !== null && only.getAttribute("aria-pressed") === "true";
    let place = 0;
    for (const label of all(".nodes label", figure)) {
      const on = label.querySelector("input").checked;
      const listed = !onlyDown || label.hasAttribute("data-down");
      const lane = all("g[data-node]", figure)
        .find((one) => one.dataset.node === label.dataset.node);
      label.hidden = !listed;
      label.classList.toggle("off", !on);
      if (listed && on) lane.removeAttribute("display"); else lane.setAttribute("display", "none");
      lane.setAttribute("transform", `translate(0 ${place})`);
      if (listed) place += 1;
    }
    const area = figure.querySelector(".area"), svg = area.querySelector("svg");
    const rows = Math.max(place, 1);
    area.style.height = `${1.5 * rows}rem`;
    const [from, y, span] = svg.getAttribute("viewBox").split(" ");
    svg.setAttribute("viewBox", `${from} ${y} ${span} ${rows}`);
    point(cursor);
  };
  for (const figure of all("figure").filter((one) => one.querySelector(".lanes"))) {
    for (const box of all(".nodes input", figure)) {
      box.addEventListener("change", () => arrangeLanes(figure));
    }
    const button = figure.querySelector("[data-only-down]");
    if (button) button.addEventListener("click", () => { press(button); arrangeLanes(figure); });
  }

  // --- forest plots: rows switched off leave their room to the others ---------------------------
  for (const forest of all("table.forest")) {
    const rows = all("tbody tr[data-low]", forest);
    const arrange = () => {
      const on = rows.filter((row) => row.querySelector("input").checked);
      const values = on.flatMap((row) => [Number(row.dataset.low), Number(row.dataset.high), 0]);
      const low = Math.min(0, ...values), high = Math.max(0, ...values);
      const room = 0.04 * (high - low || 1);
      const place = (value) => `${(100 * (value - low + room)) / (high - low + 2 * room)}%`;
      for (const row of rows) {
        const off = !on.includes(row);
        row.classList.toggle("off", off);
        row.querySelector(".interval").hidden = off;
        const [bar, dot, zero] = [".bar-of", ".dot", ".zero"].map((one) => row.querySelector(one));
        bar.style.left = place(Number(row.dataset.low));
        bar.style.right = `calc(100% - ${place(Number(row.dataset.high))})`;
        dot.style.left = place(Number(row.dataset.mean));
        zero.style.left = place(0);
      }
      const ends = all(".ends span", forest);
      if (ends.length === 2) {
        ends[0].textContent = digits(low / Number(forest.dataset.per));
        ends[1].textContent = digits(high / Number(forest.dataset.per));
      }
    };
    for (const row of rows) row.querySelector("input").addEventListener("change", arrange);
  }

  window.addEventListener("beforeprint", () => {
    for (const one of all("details")) one.open = true;
  });
})();
