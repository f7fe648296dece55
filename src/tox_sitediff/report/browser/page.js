"use strict";
(() => {
  const FIRST = 60; // rows that a table begins with; the others come as one scrolls
  const STEP = 120;
  const MOST_IN_PRINT = 4000;
  const data = JSON.parse(document.getElementById("data").textContent);
  const { environments, texts, kinds, findings, changes, origins } = data;
  const [NAME, VERSION, BYTES, FILES, ORIGIN] = data.distributions;
  const [BEFORE, LAST] = data.chains;
  const search = document.getElementById("search");
  const root = document.documentElement;
  root.classList.add("scripted");

  // --- words and numbers

  const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];
  const size = (count) => {
    if (count < 0) return "?";
    let unit = 0;
    while (Math.round(count * (unit ? 10 : 1)) / (unit ? 10 : 1) >= 1000 && unit < UNITS.length - 1) { count /= 1000; unit += 1; }
    return unit ? `${count.toFixed(1)} ${UNITS[unit]}` : `${count} B`;
  };
  const signed = (count) => (count === null ? "?" : (count > 0 ? "+" : count < 0 ? "\u2212" : "") + size(Math.abs(count)));
  const whole = (count) => (count < 0 ? "?" : count.toLocaleString("en"));
  const counted = (count, noun) => `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const lower = texts.map((text) => text.toLowerCase());

  const chain = (at) => {
    const names = [];
    for (let now = at; now >= 0; now = BEFORE[now]) names.push(texts[LAST[now]]);
    return names.reverse();
  };

  const ROLES = { own: "environment", injected: "before the environment", extra: "layer", user: "user site", base: "base" };

  // --- elements: always as text, never as markup

  const make = (tag, options = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (value === undefined || value === false) continue;
      if (name === "text") element.textContent = value;
      else element.setAttribute(name === "className" ? "class" : name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  };
  const SVG = "http://www.w3.org/2000/svg";
  const rect = (name, x, width, title) => {
    const found = document.createElementNS(SVG, "rect");
    for (const [key, value] of Object.entries({ class: name, x, width, height: 10 })) found.setAttribute(key, value);
    if (title) { const words = document.createElementNS(SVG, "title"); words.textContent = title; found.append(words); }
    return found;
  };
  const bar = (name, label, ...parts) => {
    const found = document.createElementNS(SVG, "svg");
    const told = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
    for (const [key, value] of Object.entries({ class: name, viewBox: "0 0 1000 10", preserveAspectRatio: "none", ...told })) found.setAttribute(key, value);
    found.append(...parts);
    return found;
  };

  // --- what the tables show, worked out once

  const rows = environments.map((one, at) => {
    const [held, full, saved, unshared, files, fullFiles] = one.sizes;
    let installed = 0;
    for (const item of one.distributions) if (origins[ORIGIN[item]][0] === "own") installed += 1;
    return {
      at, name: texts[one.name], base: texts[one.base], python: texts[one.python], machine: texts[one.machine],
      from: texts[one.from], size: held, sizes: held < 0 ? -1 : full > 0 ? held / full : 1, full, saved, unshared, files, fullFiles,
      installed, reused: one.distributions.length - installed, failed: one.failed,
      words: [one.name, one.base, one.python, one.machine, one.from].map((text) => lower[text]).join("\n"),
    };
  });
  const largest = Math.max(1, ...rows.map((row) => Math.max(row.full, row.size)));

  let everything = null;
  const distributions = () => {
    if (everything) return everything;
    const byName = new Map();
    environments.forEach((one, at) => {
      for (const item of one.distributions) {
        let found = byName.get(NAME[item]);
        if (!found) byName.set(NAME[item], found = { name: texts[NAME[item]], versions: new Set(), in: new Set(), reused: 0, installed: 0, size: -1, saved: 0, held: 0, items: new Map(), words: lower[NAME[item]] });
        const own = origins[ORIGIN[item]][0] === "own";
        const bytes = Math.max(0, BYTES[item]);
        found.versions.add(texts[VERSION[item]]);
        found.in.add(at);
        found[own ? "installed" : "reused"] += 1;
        found[own ? "held" : "saved"] += bytes;
        found.size = Math.max(found.size, BYTES[item]);
        const places = found.items.get(item);
        if (places) places.push(at); else found.items.set(item, [at]);
      }
    });
    for (const found of byName.values()) {
      found.sorted = [...found.versions].sort(compare);
      found.version = found.sorted[found.sorted.length - 1];
    }
    everything = [...byName.values()];
    return everything;
  };

  // --- tables that are made row by row, as far as they are seen

  const sorted = (items, key, direction) => {
    const factor = direction === "descending" ? -1 : 1;
    const value = (item) => item[key];
    return [...items].sort((one, other) => {
      const [left, right] = [value(one), value(other)];
      const order = typeof left === "number" ? left - right : compare(left, right);
      return factor * order || (one.at === undefined ? compare(one.name, other.name) : one.at - other.at);
    });
  };

  const heads = (headers, sortBy, state) => {
    for (const header of headers) {
      const key = header.dataset.sort;
      if (!key) continue;
      const button = make("button", { type: "button" });
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const now = header.getAttribute("aria-sort");
        const first = header.classList.contains("number") || header.classList.contains("plot") ? "descending" : "ascending";
        const next = now === "descending" ? "ascending" : now === "ascending" ? "descending" : first;
        for (const other of headers) other.removeAttribute("aria-sort");
        header.setAttribute("aria-sort", next);
        state.key = key;
        state.direction = next;
        sortBy();
      });
    }
  };

  let printed = null; // what shows all of the table that is printed
  const lazy = ({ label, columns, items, row, key, direction = "descending" }) => {
    const state = { key, direction };
    const headers = columns.map(([name, words, kind]) => make("th", { scope: "col", "data-sort": name || undefined, className: kind || undefined, text: words, "aria-sort": name === key ? direction : undefined }));
    const body = make("tbody");
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...headers)), body);
    table.setAttribute("aria-label", label);
    const more = make("button", { type: "button", className: "more plain", hidden: true });
    const frame = make("div", {}, make("div", { className: "scroll", tabindex: "0", role: "region", "aria-label": `${label}, a table` }, table), more);
    let shown = [];
    let made = 0;
    const add = (count) => {
      const part = document.createDocumentFragment();
      const end = Math.min(shown.length, made + count);
      for (; made < end; made += 1) part.append(row(shown[made]));
      body.append(part);
      more.hidden = made >= shown.length;
      more.textContent = `Show more (${whole(shown.length - made)} left)`;
    };
    const draw = () => {
      body.replaceChildren();
      made = 0;
      add(FIRST);
    };
    let filtered = items;
    const arrange = () => { shown = sorted(filtered, state.key, state.direction); draw(); };
    heads(headers, arrange, state);
    more.addEventListener("click", () => {
      const first = made;
      add(STEP);
      body.rows[first]?.querySelector("a, button")?.focus({ preventScroll: true });
    });
    new IntersectionObserver((seen) => { if (seen.some((entry) => entry.isIntersecting)) add(STEP); }, { rootMargin: "600px" }).observe(more);
    arrange();
    return { frame, filter: (keep) => { filtered = items.filter(keep); arrange(); return filtered.length; }, all: () => add(MOST_IN_PRINT) };
  };

  // --- environments: their rows are there already, and are put in order

  const environmentsView = (() => {
    const table = document.getElementById("environments-table");
    const body = table.tBodies[0];
    const elements = [...body.rows];
    const status = document.getElementById("status-environments");
    const group = document.getElementById("group");
    const state = { key: "size", direction: "descending" };
    let query = "";
    const holds = (row) => {
      if (!query || row.words.includes(query)) return true;
      return environments[row.at].distributions.some((item) => lower[NAME[item]].includes(query));
    };
    const sum = (members, key) => members.reduce((total, row) => total + Math.max(0, row[key]), 0);
    const heading = (name, members) => {
      const cell = (key, words) => make("td", { className: "number", text: words(sum(members, key)) });
      return make("tr", { className: "group" },
        make("th", { scope: "rowgroup", text: name || "?" }),
        make("td", { className: "plot", text: counted(members.length, "environment") }),
        cell("size", size), cell("full", size), cell("saved", size), cell("reused", whole), cell("installed", whole), cell("files", whole),
        make("td", { colspan: "3" }));
    };
    let rest = [];
    let later = 0;
    const addRest = () => { clearTimeout(later); body.append(...rest); rest = []; };
    const draw = () => {
      const kept = sorted(rows.filter(holds), state.key, state.direction);
      const part = [];
      if (group.value) {
        const groups = new Map();
        for (const row of kept) {
          const name = row[group.value];
          if (groups.has(name)) groups.get(name).push(row); else groups.set(name, [row]);
        }
        const inOrder = [...groups].sort((one, other) => sum(other[1], "size") - sum(one[1], "size"));
        for (const [name, members] of inOrder) {
          part.push(heading(name, members), ...members.map((row) => elements[row.at]));
        }
      } else {
        part.push(...kept.map((row) => elements[row.at]));
      }
      // those that are seen first; the others when they are painted
      clearTimeout(later);
      rest = part.splice(FIRST);
      body.replaceChildren(...part);
      if (rest.length) later = setTimeout(addRest, 50);
      say(kept.length);
    };
    heads([...table.tHead.rows[0].cells], draw, state);
    group.addEventListener("change", draw);
    const say = (count) => { status.textContent = count === rows.length ? counted(count, "environment") : `${whole(count)} of ${counted(rows.length, "environment")}`; };
    say(rows.length); // which are there already, in this order
    return { search: (text) => { if (text !== query) { query = text; draw(); } }, title: "Environments", print: addRest };
  })();

  // --- one environment

  const flags = new Map(); // by environment and name, what was found
  findings.forEach(([kind, name, detail, places]) => {
    for (const at of places) {
      const key = `${at} ${name}`;
      if (!flags.has(key)) flags.set(key, []);
      flags.get(key).push([kinds[kind][0], detail]);
    }
  });
  const SEVERE = new Set(["conflict"]);
  const WARN = new Set(["undeclared", "transitive", "misplaced", "unstated", "unused", "unverified"]);
  const flag = (kind, detail) => make("span", { className: `flag${SEVERE.has(kind) ? " bad" : WARN.has(kind) ? " warn" : ""}`, text: kind, title: detail });
  const whyCell = (names) => {
    const cell = make("td", { className: "why" });
    if (!names.length) cell.textContent = "nothing that is declared";
    names.forEach((name, at) => cell.append(at ? " \u2192 " : "", at === names.length - 1 ? make("b", { text: name }) : name));
    return cell;
  };
  const fact = (list, name, ...value) => { list.append(make("dt", { text: name }), make("dd", {}, ...value)); };

  const environmentView = (at) => {
    const one = environments[at];
    const row = rows[at];
    const holder = document.getElementById("environment-body");
    holder.replaceChildren();
    document.getElementById("title-environment").textContent = row.name;
    const facts = make("dl", { className: "facts" });
    fact(facts, "base", row.base);
    fact(facts, "Python", row.python);
    fact(facts, "machine", row.machine);
    fact(facts, "from", row.from);
    fact(facts, "made", texts[one.created]);
    fact(facts, "size", `${size(row.size)} of ${size(row.full)}, ${size(row.saved)} saved; deleting it frees ${size(row.unshared)}`);
    fact(facts, "files", `${whole(row.files)} of ${whole(row.fullFiles)}`);
    if (row.failed) fact(facts, "note", flag("conflict", ""), " an installation failed: this is what was there then");

    const items = one.distributions.map((item, index) => {
      const origin = origins[ORIGIN[item]];
      const names = chain(one.chains[index]);
      return {
        name: texts[NAME[item]], version: texts[VERSION[item]], size: BYTES[item], files: FILES[item], role: ROLES[origin[0]] || origin[0],
        path: texts[origin[1]], own: origin[0] === "own", names, why: names.join(" "), depth: names.length, found: flags.get(`${at} ${NAME[item]}`) || [],
        words: `${lower[NAME[item]]}\n${names.join("\n").toLowerCase()}`,
      };
    });
    const total = Math.max(1, items.reduce((sum, item) => sum + Math.max(0, item.size), 0));
    const parts = [];
    let x = 0;
    for (const own of [true, false]) {
      const how = own ? "installed" : "reused";
      let [rest, others] = [0, 0];
      const add = (bytes, words) => {
        const width = (1000 * bytes) / total;
        parts.push(rect(`bar-part ${own ? "bar-own" : "bar-full"}`, x.toFixed(1), width.toFixed(1), words));
        x += width;
      };
      for (const item of items.filter((one) => one.own === own).sort((a, b) => b.size - a.size)) {
        if (item.size * 200 < total) { rest += Math.max(0, item.size); others += 1; } else add(item.size, `${item.name} ${item.version}: ${size(item.size)}, ${how}`);
      }
      if (rest) add(rest, `${others} smaller: ${size(rest)}, ${how}`);
    }
    const legend = make("p", { className: "legend" }, make("span", { className: "key own", "aria-hidden": "true" }), `installed (${row.installed})`, make("span", { className: "key full", "aria-hidden": "true" }), `reused (${row.reused})`);
    holder.append(facts, bar("bar wide", `${size(row.size)} of ${size(row.full)}: the parts are listed below`, ...parts), legend);

    const other = findings.filter(([, name, , places]) => places.includes(at) && !items.some((item) => item.name === texts[name]));
    if (other.length) {
      holder.append(make("h3", { text: "Found, and not of what is declared" }));
      holder.append(make("ul", { className: "plainlist" }, ...other.map(([kind, name, detail]) => make("li", {}, flag(kinds[kind][0], ""), ` ${texts[name]}: ${texts[detail]}`))));
    }
    holder.append(make("h3", { text: "Distributions" }));
    const status = make("p", { className: "status", role: "status" });
    const list = lazy({
      label: `Distributions of ${row.name}`, items, key: "size",
      columns: [["name", "distribution"], ["version", "version"], ["role", "from"], ["size", "size", "number"], ["files", "files", "number"], ["why", "why it is there"], ["", "found"]],
      row: (item) => make("tr", {},
        make("th", { scope: "row", text: item.name }), make("td", { text: item.version }),
        make("td", { className: "short" }, make("span", { className: `flag${item.own ? " own" : ""}`, text: item.role, title: item.path || undefined })),
        make("td", { className: "number strong", text: size(item.size) }), make("td", { className: "number", text: whole(item.files) }),
        whyCell(item.names), make("td", {}, ...item.found.flatMap(([kind, detail]) => [flag(kind, texts[detail]), " "]))),
    });
    holder.append(status, list.frame);

    holder.append(make("h3", { text: "Layers" }), make("p", { className: "hint", text: "Where Python looks, in its order. The first that has a distribution wins." }));
    const layers = make("ol", { className: "layers" });
    for (const [path, role] of one.layers) {
      const inside = items.filter((item) => (role === "own" ? item.own : !item.own && item.path === texts[path]));
      const held = inside.reduce((sum, item) => sum + Math.max(0, item.size), 0);
      layers.append(make("li", {}, make("span", { className: `flag${role === "own" ? " own" : ""}`, text: ROLES[role] || role }), ` ${texts[path]} `,
        make("span", { className: "quiet", text: inside.length ? `${counted(inside.length, "distribution")}, ${size(held)}` : "nothing of what is declared" })));
    }
    holder.append(layers);
    if (one.shadowed.length) {
      holder.append(make("h3", { text: "Shadowed" }), make("p", { className: "hint", text: "Of these the base has another version, which the environment does not see." }));
      const versions = new Map(items.map((item) => [item.name, item.version]));
      holder.append(make("ul", { className: "plainlist" }, ...one.shadowed.map(([name, version]) => make("li", { text: `${texts[name]}: ${versions.get(texts[name]) || "?"} before the base's ${texts[version]}` }))));
    }
    holder.append(make("h3", { text: "Declared" }));
    holder.append(one.declared.length ? make("ul", { className: "plainlist" }, ...one.declared.map((text) => make("li", { text: texts[text] }))) : make("p", { className: "hint", text: "Nothing." }));
    printed = list.all;
    const say = (count) => { status.textContent = count === items.length ? counted(count, "distribution") : `${whole(count)} of ${counted(items.length, "distribution")}`; };
    say(items.length);
    return { search: (text) => say(list.filter((item) => item.words.includes(text))), title: row.name, print: list.all };
  };

  // --- distributions over all environments

  const link = (at) => make("a", { href: `#environment-${at}`, text: rows[at].name });
  const MOST_NAMED = 12;
  const named = (places) => {
    const part = document.createDocumentFragment();
    places.slice(0, MOST_NAMED).forEach((at, index) => part.append(index ? ", " : "", link(at)));
    if (places.length > MOST_NAMED) part.append(` and ${whole(places.length - MOST_NAMED)} more`);
    return part;
  };

  let distributionsMade = null;
  const distributionsView = () => {
    if (distributionsMade) return distributionsMade;
    const items = distributions();
    const status = document.getElementById("status-distributions");
    const list = lazy({
      label: "Distributions", items, key: "size",
      columns: [["name", "distribution"], ["version", "versions"], ["size", "largest", "number"], ["reused", "reused in", "number"], ["installed", "installed in", "number"], ["saved", "saved", "number"], ["held", "in environments", "number"]],
      row: (item) => {
        const button = make("button", { type: "button", className: "plain open", "aria-expanded": "false", text: item.name });
        const versions = item.sorted.length > 3 ? `${item.sorted.slice(-3).join(", ")} and ${item.sorted.length - 3} more` : item.sorted.join(", ");
        const row = make("tr", {}, make("th", { scope: "row" }, button), make("td", { text: versions }), make("td", { className: "number strong", text: size(item.size) }),
          make("td", { className: "number", text: whole(item.reused) }), make("td", { className: "number", text: whole(item.installed) }),
          make("td", { className: "number", text: size(item.saved) }), make("td", { className: "number", text: size(item.held) }));
        button.addEventListener("click", () => {
          const open = button.getAttribute("aria-expanded") === "true";
          button.setAttribute("aria-expanded", String(!open));
          if (open) { row.nextElementSibling.remove(); return; }
          const lines = [...item.items].sort(([one], [other]) => BYTES[other] - BYTES[one]).map(([number, places]) => {
            const origin = origins[ORIGIN[number]];
            return make("li", {}, `${texts[VERSION[number]]}, ${size(BYTES[number])}, `, make("span", { className: `flag${origin[0] === "own" ? " own" : ""}`, text: ROLES[origin[0]] || origin[0] }), ` ${texts[origin[1]]} `, make("span", { className: "quiet", text: "in " }), named(places));
          });
          row.after(make("tr", { className: "detail" }, make("td", { colspan: "7" }, make("ul", { className: "places" }, ...lines))));
        });
        return row;
      },
    });
    document.getElementById("distributions-body").append(list.frame);
    const say = (count) => { status.textContent = count === items.length ? counted(count, "distribution") : `${whole(count)} of ${counted(items.length, "distribution")}`; };
    say(items.length);
    distributionsMade = { search: (text) => say(list.filter((item) => item.words.includes(text))), title: "Distributions", print: list.all };
    return distributionsMade;
  };

  // --- findings

  let findingsMade = null;
  const findingsView = () => {
    if (findingsMade) return findingsMade;
    const items = findings.map(([kind, name, detail, places]) => ({ kind: kinds[kind][0], order: kind, name: texts[name], detail: texts[detail], places, number: places.length, words: `${kinds[kind][0]}\n${lower[name]}\n${lower[detail]}` }));
    const holder = document.getElementById("findings-body");
    const status = document.getElementById("status-findings");
    if (!items.length) {
      holder.append(make("p", { className: "hint", text: "Nothing was found. Imports are looked at where sitediff_visibility is report." }));
      status.textContent = "";
      findingsMade = { search: () => {}, title: "Findings" };
      return findingsMade;
    }
    const list = lazy({
      label: "Findings", items, key: "order", direction: "ascending",
      columns: [["order", "finding"], ["name", "distribution"], ["detail", "what"], ["number", "in", ""]],
      row: (item) => make("tr", {}, make("td", {}, flag(item.kind, "")), make("th", { scope: "row", text: item.name }), make("td", { className: "words", text: item.detail }), make("td", {}, item.number === rows.length && rows.length > 1 ? "all environments" : named(item.places))),
    });
    const present = kinds.filter(([kind]) => items.some((item) => item.kind === kind));
    const meanings = make("dl", { className: "facts" });
    for (const [kind, meaning] of present) fact(meanings, kind, meaning);
    holder.append(meanings, list.frame);
    const say = (count) => { status.textContent = count === items.length ? counted(count, "finding") : `${whole(count)} of ${counted(items.length, "finding")}`; };
    say(items.length);
    findingsMade = { search: (text) => say(list.filter((item) => item.words.includes(text))), title: "Findings", print: list.all };
    return findingsMade;
  };

  // --- changes

  const AT_FIRST = 8;
  const said = (words) => {
    const lines = words.map((text) => make("li", { text: texts[text] }));
    const first = make("ul", {}, ...lines.slice(0, AT_FIRST));
    if (lines.length <= AT_FIRST) return [first];
    return [first, make("details", {}, make("summary", { text: `${whole(lines.length - AT_FIRST)} more` }), make("ul", {}, ...lines.slice(AT_FIRST)))];
  };
  let changesMade = null;
  const changesView = () => {
    if (changesMade) return changesMade;
    const holder = make("div", { className: "cards" });
    const items = (changes || []).map((one) => {
      const kind = one.kind === "changed" ? (one.grown === 0 && !one.words.length ? "as it was" : signed(one.grown)) : one.kind;
      const tone = one.kind === "changed" && one.grown > 0 ? "up" : one.kind === "changed" && one.grown < 0 ? "down" : "quiet";
      const title = make("h3", {}, one.environment < 0 ? texts[one.name] : link(one.environment), " ", make("span", { className: tone, text: kind }));
      if (one.kind === "changed") title.append(make("span", { className: "quiet", text: `, was ${size(one.before)}` }));
      const card = make("article", { className: "card" }, title, ...said(one.words));
      holder.append(card);
      return [card, [one.name, ...one.words].map((text) => lower[text]).join("\n")];
    });
    document.getElementById("changes-body").append(holder);
    const status = document.getElementById("status-changes");
    const filter = (query) => {
      let count = 0;
      for (const [card, words] of items) { card.hidden = !words.includes(query); count += card.hidden ? 0 : 1; }
      status.textContent = count === items.length ? counted(count, "environment") : `${whole(count)} of ${counted(items.length, "environment")}`;
    };
    filter("");
    changesMade = { search: filter, title: "Changes" };
    return changesMade;
  };

  // --- which view is shown: what the address says

  const views = { environments: () => environmentsView, distributions: distributionsView, findings: findingsView, changes: changesView };
  const links = [...document.querySelectorAll(".top nav a")];
  const lead = document.getElementById("lead");
  let current = environmentsView;
  const show = (focus) => {
    const hash = location.hash.slice(1);
    if (hash === "main") return;
    const one = /^environment-(\d+)$/.exec(hash);
    const at = one && Number(one[1]) < rows.length ? Number(one[1]) : -1;
    const name = at >= 0 ? "environment" : Object.hasOwn(views, hash) && document.getElementById(`view-${hash}`) ? hash : "environments";
    search.value = "";
    current.search("");
    printed = null;
    current = at >= 0 ? environmentView(at) : views[name]();
    printed = current.print || null;
    for (const view of document.querySelectorAll(".view")) view.hidden = view.id !== `view-${name}`;
    lead.hidden = name !== "environments";
    for (const item of links) {
      if (item.hash === `#${name === "environment" ? "environments" : name}`) item.setAttribute("aria-current", "page"); else item.removeAttribute("aria-current");
    }
    document.title = `${current.title} - sitediff report`;
    if (focus) {
      window.scrollTo({ top: 0, behavior: "instant" });
      document.getElementById(`title-${name}`).focus({ preventScroll: true });
    }
  };
  addEventListener("hashchange", () => show(true));
  search.addEventListener("input", () => current.search(search.value.trim().toLowerCase()));
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && search.value) { search.value = ""; current.search(""); event.preventDefault(); }
  });
  addEventListener("keydown", (event) => {
    const within = event.target instanceof HTMLElement && event.target.closest("input, select, textarea");
    if (event.key === "/" && !within && !event.ctrlKey && !event.metaKey && !event.altKey) { search.focus(); event.preventDefault(); }
  });
  addEventListener("beforeprint", () => { if (printed) printed(); });

  // --- dark and light

  const theme = document.getElementById("theme");
  const ORDER = ["auto", "light", "dark"];
  const kept = () => { try { return localStorage.getItem("sitediff-theme"); } catch { return null; } };
  const wear = (name) => {
    if (name === "auto") delete root.dataset.theme; else root.dataset.theme = name;
    theme.textContent = `Theme: ${name}`;
  };
  let worn = ORDER.includes(kept()) ? kept() : "auto";
  wear(worn);
  theme.addEventListener("click", () => {
    worn = ORDER[(ORDER.indexOf(worn) + 1) % ORDER.length];
    wear(worn);
    try { localStorage.setItem("sitediff-theme", worn); } catch { /* not kept then */ }
  });

  show(false);
})();
