"use strict";
// The report's page: scores, kinds of error, and the list of errors with its filters. Words of the
// articles are only ever put on the page as text nodes.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { strings, records, labels, statuses, sources, sentences } = data;
  const two = data.runs.length > 1;
  const $ = (id) => document.getElementById(id);
  const CACHED = 240; // sentences kept cut into code points

  const CLASS_NAMES = {
    boundary: "Boundary, all", "boundary/particle": "Boundary: particle",
    "boundary/bracket": "Boundary: bracket", "boundary/modifier": "Boundary: modifier",
    "boundary/other": "Boundary: other", "boundary+type": "Boundary and type", type: "Type",
    value: "Value", argument: "Argument", missed: "Missed", spurious: "Spurious",
  };
  const RECORD_NAMES = {
    mentions: "Mentions", organizations: "Organisations", dates: "Dates", counts: "Counts",
    counted: "What is counted", quotes: "Quotes", speakers: "Speakers", cues: "Cues of quotes",
    relations: "Relations", facts: "Facts",
  };
  const PART_NAMES = {
    "mentions.exact": "ends alone", "mentions.type": "label alone",
    "mentions.partial": "any overlap, ½", "organizations.ceaf_e": "CEAF by entity",
    "organizations.ceaf_m": "CEAF by mention", "organizations.muc": "MUC",
    "dates.month": "as far as the month", "dates.year": "as far as the year",
    "counts.value": "value alone", "counts.unit": "unit alone", "counts.bound": "bound alone",
    "speakers.span": "the speaker's span", "speakers.name": "the speaker's name",
    "relations.relaxed": "overlapping ends",
  };

  // -- small tools ------------------------------------------------------------------------------

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "onclick") node.addEventListener("click", value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }
  const number = (n) => n.toLocaleString("en-GB");
  const points = (ratio) => (100 * ratio).toFixed(1);
  const signed = (n) => (n > 0 ? "+" : n < 0 ? "−" : "±") + Math.abs(n).toFixed(1);
  const chance = (p) => (p === null ? "" : p < 0.001 ? "< 0.001" : p.toFixed(3));
  const plural = (n, one, many) => `${number(n)} ${n === 1 ? one : many}`;
  // In lower case, composed, so that words match however they were typed.
  const folded = (text) => text.normalize("NFC").toLowerCase();

  // -- errors -----------------------------------------------------------------------------------

  const codePoints = new Map(); // of the sentences now drawn: offsets count code points
  function side(raw) {
    if (!raw) return null;
    const parts = [];
    for (let i = 0; i < raw[0].length; i += 3) {
      parts.push([raw[0][i], raw[0][i + 1], strings[raw[0][i + 2]]]);
    }
    return { parts, label: strings[raw[1]], value: strings[raw[2]], words: strings[raw[3]], score: raw[4] };
  }
  const errors = data.errors.map(([sentence, record, kind, status, gold, found, wasKind, was]) => ({
    sentence, record: records[record], kind: strings[kind], status: statuses[status] || "",
    source: sentences[sentence][0], raw: [gold, found, was], wasKind: wasKind < 0 ? "" : strings[wasKind],
    labels: [gold, found, was].filter(Boolean).map((s) => strings[s[1]]),
    pair: [gold ? strings[gold[1]] : "", found ? strings[found[1]] : ""],
    score: found ? found[4] : was ? was[4] : null,
  }));
  // `boundary+type/particle` → `boundary+type`; the kinds of boundary are classes of their own.
  for (const e of errors) e.class = e.kind.startsWith("boundary/") ? e.kind : e.kind.split("/")[0];
  const isIn = (e, kind) => (kind === "boundary" ? e.class.startsWith("boundary/") : e.class === kind);

  function className(kind) {
    const [main, boundary] = kind.split("/");
    if (main === "boundary+type" && boundary) return `Boundary and type: ${boundary}`;
    return CLASS_NAMES[kind] || kind;
  }

  // -- state ------------------------------------------------------------------------------------

  const EMPTY = { text: "", source: "", record: "", kind: "", label: "", status: "", low: "", high: "", pair: "" };
  let state = { ...EMPTY };

  function readHash() {
    const given = new URLSearchParams(location.hash.slice(1));
    const read = { ...EMPTY };
    for (const name of Object.keys(EMPTY)) if (given.has(name)) read[name] = given.get(name);
    if (read.source !== "" && !sources[read.source]) read.source = "";
    return read;
  }
  function writeHash() {
    const kept = Object.entries(state).filter(([, value]) => value !== "");
    const hash = new URLSearchParams(kept).toString();
    try { history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search); }
    catch { /* a page in a sandbox has no address of its own */ }
  }

  // Errors whose words hold the search text; looked up once for each text.
  const haystacks = new Array(sentences.length);
  function haystack(e) {
    if (haystacks[e.sentence] === undefined) {
      const [source, doc, pieces] = sentences[e.sentence];
      const words = pieces.map((piece) => piece[2] || "");
      haystacks[e.sentence] = folded([sources[source][1][doc], ...words].join("\n"));
    }
    return haystacks[e.sentence];
  }
  let searched = "";
  let hits = null;
  function search(text) {
    const wanted = folded(text.trim());
    if (wanted === searched) return;
    searched = wanted;
    hits = wanted && errors.map((e) => haystack(e).includes(wanted) || e.raw.some((raw) => raw
      && [raw[1], raw[2], raw[3]].some((at) => folded(strings[at]).includes(wanted))));
  }
  const TESTS = {
    text: (e, i) => !hits || hits[i],
    source: (e) => state.source === "" || e.source === Number(state.source),
    record: (e) => state.record === "" || e.record === state.record,
    kind: (e) => state.kind === "" || isIn(e, state.kind),
    label: (e) => state.label === "" || e.labels.includes(state.label),
    status: (e) => state.status === "" || e.status === state.status || (state.status === "now" && e.status !== "fixed"),
    low: (e) => state.low === "" || (e.score !== null && e.score >= Number(state.low)),
    high: (e) => state.high === "" || (e.score !== null && e.score <= Number(state.high)),
    pair: (e) => state.pair === "" || (e.record === "mentions" && e.status !== "fixed" && e.pair.join(">") === state.pair),
  };
  const NAMES = Object.keys(TESTS);

  // One pass: an error that fails no test is in the view; one that fails one test alone counts for
  // the options of that filter.
  function filtered() {
    const view = [];
    const counts = { source: {}, record: {}, kind: {}, label: {}, status: {} };
    const add = (name, value) => { counts[name][value] = (counts[name][value] || 0) + 1; };
    errors.forEach((e, i) => {
      let failed = "";
      for (const name of NAMES) {
        if (TESTS[name](e, i)) continue;
        if (failed) return;
        failed = name;
      }
      if (!failed) view.push(i);
      if (!failed || failed === "source") add("source", e.source);
      if (!failed || failed === "record") add("record", e.record);
      if (!failed || failed === "kind") {
        add("kind", e.class);
        if (e.class.startsWith("boundary/")) add("kind", "boundary");
      }
      if (!failed || failed === "label") for (const label of new Set(e.labels)) add("label", label);
      if (!failed || failed === "status") { add("status", e.status); if (e.status !== "fixed") add("status", "now"); }
    });
    return { view, counts };
  }

  // -- scores -----------------------------------------------------------------------------------

  const scoreRows = data.scores.map(([source, row, now, was, sums, p]) => ({
    source, row, now, was, right: sums[0], predicted: sums[1], gold: sums[2], p,
  }));
  // With one source there is no row of all: its own rows are those of all.
  const sourceNumber = () => (state.source !== "" ? Number(state.source) : sources.length > 1 ? -1 : 0);
  const scoresOf = (source) => scoreRows.filter((s) => s.source === source);

  function interval(measured, before) {
    const [, , f1, low, high] = measured;
    const node = el("span", { class: "interval", "aria-hidden": "true" });
    if (low !== null) {
      node.style.setProperty("--low", 100 * low);
      node.style.setProperty("--high", 100 * high);
      node.append(el("i"));
    }
    node.style.setProperty("--at", 100 * f1);
    node.append(el("u"));
    if (before) {
      node.style.setProperty("--then", 100 * before[2]);
      node.append(el("s"));
    }
    return node;
  }
  const range = (m) => (m[3] === null ? "–" : `${points(m[3])}–${points(m[4])}`);

  function scroller(name, table, kind) {
    return el("div", { class: "scroller", role: "region", "aria-label": name, tabindex: "0", id: kind }, table);
  }
  function head(...names) {
    return el("thead", {}, el("tr", {}, ...names.map((name) => el("th", { scope: "col" }, name))));
  }

  function rowName(row) {
    if (row in PART_NAMES) return PART_NAMES[row];
    const [record, group] = row.split("/");
    return group ? group : record === "mentions" ? "All mentions" : RECORD_NAMES[record] || row;
  }
  function scoreRow(s) {
    const isMain = !/[/.]/.test(s.row);
    const known = s.predicted + s.gold > 0;
    const cells = [el("td", {}, known ? points(s.now[2]) : "–"), el("td", {}, interval(s.now, s.was)),
      el("td", {}, el("small", {}, range(s.now)))];
    if (two) {
      const change = s.was && known ? 100 * (s.now[2] - s.was[2]) : null;
      cells.push(el("td", {}, s.was ? points(s.was[2]) : "–"), el("td", {}, change === null ? "–" : signed(change)),
        el("td", {}, el("small", {}, chance(s.p))));
    }
    cells.push(el("td", {}, points(s.now[0])), el("td", {}, points(s.now[1])),
      el("td", {}, number(s.gold)), el("td", {}, number(s.predicted)));
    return el("tr", { class: isMain ? "main" : "part", "data-row": s.row },
      el("th", { scope: "row" }, rowName(s.row)), ...cells);
  }
  const COLUMNS = ["", "F1", "", "95 %", ...(two ? ["Earlier", "Change", "p"] : []), "Precision", "Recall", "Gold", "Predicted"];

  function scoreTable(title, note, rows) {
    const table = el("table", {}, el("caption", {}, title, el("small", {}, note)), head(...COLUMNS),
      el("tbody", {}, ...rows.map(scoreRow)));
    table.tHead.rows[0].cells[0].append(el("span", { class: "unseen" }, "Row"));
    table.tHead.rows[0].cells[2].append(el("span", { class: "unseen" }, "Interval drawn"));
    return scroller(title, table);
  }
  let showParts = false;
  function drawScores() {
    const rows = scoresOf(sourceNumber());
    const rank = (s) => {
      const group = s.row.split("/")[1];
      return [records.indexOf(s.row.split(/[/.]/)[0]), /\./.test(s.row) ? 2 : group ? 1 : 0, group ? labels.indexOf(group) : 0];
    };
    rows.sort((a, b) => {
      const [x, y] = [rank(a), rank(b)];
      for (let i = 0; i < 3; i++) if (x[i] !== y[i]) return x[i] - y[i];
      return a.row < b.row ? -1 : 1;
    });
    const mentions = rows.filter((s) => s.row.startsWith("mentions"));
    const others = rows.filter((s) => !s.row.startsWith("mentions"));
    const main = others.filter((s) => showParts || !/[/.]/.test(s.row));
    const more = el("button", { type: "button", class: "more", id: "parts", "aria-expanded": String(showParts),
      onclick: () => { showParts = !showParts; drawScores(); $("parts").focus(); } },
    showParts ? "Show record types only" : `Show ${others.length - main.length} rows by type and by part`);
    $("score-tables").classList.toggle("wide", two);
    $("score-tables").replaceChildren(
      scoreTable("Mentions by label", "right where both ends and the label are; label alone and ½ for any overlap", mentions),
      el("div", {}, scoreTable("Records made from mentions", "organisations by B³, facts by kind and actor, the others strict", main),
        others.some((s) => /[/.]/.test(s.row)) ? more : null));
  }
  function drawBySource() {
    if (sources.length < 2) return;
    const shown = records.filter((record) => scoreRows.some((s) => s.row === record));
    const row = (source, name, documents) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, number(documents)),
      ...shown.map((record) => {
        const s = scoreRows.find((one) => one.source === source && one.row === record);
        if (!s || !(s.gold + s.predicted)) return el("td", { class: "empty" }, "–");
        return el("td", {}, points(s.now[2]), el("br"), el("small", {}, s.now[3] === null ? "" : range(s.now)));
      }));
    const total = sources.reduce((sum, source) => sum + source[1].length, 0);
    $("by-source").replaceChildren(scroller("F1 by source", el("table", {},
      el("caption", {}, "F1 by source", el("small", {}, "with its 95 % interval")),
      head("Source", "Documents", ...shown.map((record) => RECORD_NAMES[record])),
      el("tbody", {}, row(-1, "All", total), ...sources.map((source, at) => row(at, source[0], source[1].length))))));
  }

  // -- kinds of error ---------------------------------------------------------------------------

  function goTo(change) {
    Object.assign(state, { ...EMPTY, source: state.source }, change);
    update();
    $("errors").scrollIntoView();
    $("errors").focus({ preventScroll: true });
  }
  const cell = (count, name, change) => el("button", { type: "button", class: "cell", "aria-label": `${name}: ${count}`,
    onclick: () => goTo(change) }, number(count));

  function drawClasses() {
    const own = errors.filter((e, i) => TESTS.source(e, i) && e.status !== "fixed");
    const shown = records.filter((record) => own.some((e) => e.record === record));
    const counts = {};
    for (const e of own) counts[`${e.class} ${e.record}`] = (counts[`${e.class} ${e.record}`] || 0) + 1;
    const status = two ? { status: "now" } : {};
    const most = Math.max(1, ...Object.values(counts));
    const line = (kind) => el("tr", {}, el("th", { scope: "row" }, CLASS_NAMES[kind]), ...shown.map((record) => {
      const count = counts[`${kind} ${record}`];
      if (!count) return el("td", { class: "empty" }, "·");
      const td = el("td", {}, cell(count, `${CLASS_NAMES[kind]}, ${RECORD_NAMES[record]}`, { kind, record, ...status }));
      td.style.setProperty("--part", Math.sqrt(count / most));
      return td;
    }));
    const table = el("table", { class: "matrix" },
      el("caption", {}, "Errors by class and record", el("small", {},
        "value: same place, another value; argument: right but for one part, such as speaker, head or members")),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Class"),
        ...shown.map((record) => el("th", { scope: "col" }, el("span", {}, RECORD_NAMES[record]))))),
      el("tbody", {}, ...data.classes.filter((kind) => own.some((e) => e.class === kind)).map(line)));
    $("classes").replaceChildren(scroller("Errors by class and record", table));
  }
  function drawConfusion() {
    const counts = new Map();
    for (const [source, gold, found, count] of data.confusion) {
      if (state.source !== "" && source !== Number(state.source)) continue;
      const key = `${gold}>${found}`;
      counts.set(key, (counts.get(key) || 0) + count);
    }
    const used = labels.filter((label) => [...counts.keys()].some((key) => key.split(">").includes(label)));
    const most = Math.max(1, ...[...counts].filter(([key]) => { const [a, b] = key.split(">"); return a !== b; }).map(([, n]) => n));
    const named = (label, none) => label || none;
    const line = (gold) => el("tr", {}, el("th", { scope: "row" }, named(gold, "Spurious")), ...[...used, ""].map((found) => {
      const count = counts.get(`${gold}>${found}`);
      if (!count) return el("td", { class: gold === found ? "right" : "empty" }, gold || found ? "·" : "");
      if (gold === found) return el("td", { class: "right" }, number(count));
      const name = `Gold ${named(gold, "nothing")}, predicted ${named(found, "nothing")}`;
      const td = el("td", {}, cell(count, name, { pair: `${gold}>${found}` }));
      td.style.setProperty("--part", Math.sqrt(count / most));
      return td;
    }));
    const table = el("table", { class: "matrix" },
      el("caption", {}, "Labels of mentions", el("small", {},
        "rows are gold, columns predicted; mentions that overlap are paired, so that the diagonal has wrong ends too")),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Gold"),
        ...[...used, ""].map((label) => el("th", { scope: "col" }, el("span", {}, named(label, "Missed")))))),
      el("tbody", {}, ...[...used, ""].map(line)));
    $("confusion").replaceChildren(scroller("Confusion of labels", table));
  }

  // -- one error --------------------------------------------------------------------------------

  // Marks that cannot be seen, or turn the direction of writing, are named instead.
  const SIGNS = /([\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff])/u;
  function append(node, text) {
    text.split(SIGNS).forEach((piece, at) => {
      if (at % 2) {
        const code = piece.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
        node.append(el("span", { class: "sign", title: "An invisible character" }, `U+${code}`));
      } else if (piece) node.append(piece);
    });
    return node;
  }
  function lettersOf(sentence) {
    if (!codePoints.has(sentence)) {
      if (codePoints.size > CACHED) codePoints.clear();
      codePoints.set(sentence, sentences[sentence][2].map(([start, end, text]) => [start, end, text === null ? null : Array.from(text)]));
    }
    return codePoints.get(sentence);
  }
  function words(e, start, end) {
    for (const [from, to, text] of lettersOf(e.sentence)) {
      if (text && from <= start && end <= to) return text.slice(start - from, end - from).join("");
    }
    return null;
  }
  function sentence(e, marked) {
    if (!data.hasTexts) return null;
    const node = el("p", { class: "text", lang: "ko", dir: "auto" });
    lettersOf(e.sentence).forEach(([from, to, text], at) => {
      if (at) node.append(el("span", { class: "gap" }, " ⋯ "));
      const cuts = new Set([from, to]);
      for (const [, parts] of marked) for (const [start, end] of parts) {
        if (start > from && start < to) cuts.add(start);
        if (end > from && end < to) cuts.add(end);
      }
      const ends = [...cuts].sort((a, b) => a - b);
      for (let i = 0; i + 1 < ends.length; i++) {
        const classes = marked.filter(([, parts]) => parts.some(([s, t]) => s <= ends[i] && ends[i + 1] <= t)).map(([name]) => name);
        const piece = text.slice(ends[i] - from, ends[i + 1] - from).join("");
        if (classes.length) node.append(append(el("span", { class: classes.join(" ") }), piece));
        else append(node, piece);
      }
    });
    return node;
  }
  function says(e, one) {
    const dd = el("dd", {});
    if (one.label) dd.append(el("b", {}, one.label));
    const bare = one.parts.length === 1 || one.parts[0][2];
    const shown = one.words && e.record === "organizations" ? [] : bare || !one.parts[1] ? one.parts : one.parts.slice(e.record === "organizations" ? 0 : 1);
    shown.slice(0, 8).forEach(([start, end, part]) => {
      if (part) dd.append(el("i", {}, part));
      const said = words(e, start, end);
      if (said !== null && e.record !== "facts") {
        const letters = Array.from(said);
        dd.append(append(el("bdi", { lang: "ko" }), letters.length > 80 ? `${letters.slice(0, 78).join("")} …` : said));
      }
      dd.append(el("small", {}, `${start}–${end}`), " ");
    });
    if (shown.length > 8) dd.append(el("small", {}, `and ${shown.length - 8} more`));
    if (one.value) dd.append(" ", el("i", {}, "value"), append(el("bdi", {}), one.value));
    if (one.words) dd.append(" ", el("i", {}, { speakers: "name", facts: "actors", organizations: "members" }[e.record] || ""), append(el("bdi", { lang: "ko" }), one.words));
    if (one.score !== null) dd.append(el("small", { class: "score" }, `score ${one.score.toFixed(2)}`));
    return dd;
  }
  function drawError(position) {
    const e = errors[view[position]];
    const [gold, found, was] = e.raw.map(side);
    const marked = [];
    if (gold) marked.push(["g", gold.parts]);
    if (found) marked.push(["p", found.parts]);
    else if (was) marked.push(["w", was.parts]);
    const list = el("dl", { class: "sides" });
    const line = (name, kind, one, none) => list.append(el("dt", { class: one ? kind : null }, name), one ? says(e, one) : el("dd", {}, el("i", {}, none)));
    line("Gold", "is-gold", gold, "nothing");
    if (e.status === "fixed") line("Earlier", "is-was", was, "missed");
    if (e.status === "changed") line("Earlier", "is-was", was, e.wasKind === "missed" ? "missed" : "wrong otherwise");
    if (e.status === "new") line("Earlier", "is-was", null, gold ? "right" : "nothing");
    line(two ? "Now" : "Predicted", "is-found", found, e.status === "fixed" && gold ? "right" : "nothing");
    const [source, doc] = sentences[e.sentence];
    const name = `${sources.length > 1 ? `${sources[source][0]} / ` : ""}${sources[source][1][doc]}`;
    const at = (gold || found || was).parts[0][0];
    const id = `e${position}`;
    return el("article", { class: "error", tabindex: "0", "aria-posinset": position + 1, "aria-setsize": view.length, "aria-labelledby": id },
      el("header", {}, el("h3", { id }, `${className(e.kind)} · ${RECORD_NAMES[e.record]}`),
        e.status ? el("span", { class: "status" }, e.status) : null,
        append(el("span", { class: "where" }), `${name}, from ${at}`)),
      sentence(e, marked), list);
  }

  // -- the list ---------------------------------------------------------------------------------

  let view = []; // the errors that pass the filters
  const list = $("list");
  const rows = rowList(list, drawError);

  // -- filters ----------------------------------------------------------------------------------

  function options(select, given, counts, all) {
    const value = state[select.id.slice(2)];
    const nodes = [el("option", { value: "" }, all)];
    for (const [group, own] of given) {
      const made = own.map(([key, name]) => el("option", { value: key }, `${name} (${number(counts[key] || 0)})`));
      if (group && made.length) nodes.push(el("optgroup", { label: group }, ...made)); else nodes.push(...made);
    }
    select.replaceChildren(...nodes);
    select.value = value;
  }
  const used = (values, order) => order.filter((value) => values.has(value));
  const allRecords = used(new Set(errors.map((e) => e.record)), records).map((r) => [r, RECORD_NAMES[r]]);
  const allClasses = used(new Set(errors.map((e) => e.class)), data.classes).map((c) => [c, CLASS_NAMES[c]]);
  if (allClasses.filter(([c]) => c.startsWith("boundary/")).length > 1) allClasses.unshift(["boundary", CLASS_NAMES.boundary]);
  const labelGroups = new Map();
  for (const e of errors) for (const label of e.labels) {
    if (!label) continue;
    const group = labels.includes(label) ? "Mentions and values" : RECORD_NAMES[e.record];
    if (!labelGroups.has(group)) labelGroups.set(group, new Set());
    labelGroups.get(group).add(label);
  }
  const allLabels = [...labelGroups].map(([group, own]) => [group,
    (group === "Mentions and values" ? used(own, labels) : [...own].sort()).map((label) => [label, label])]);
  allLabels.sort(([a], [b]) => (a === "Mentions and values" ? -1 : b === "Mentions and values" ? 1 : 0));
  const allStatuses = [["now", "Wrong now"], ["new", "New"], ["changed", "Changed, still wrong"], ["unchanged", "Unchanged"], ["fixed", "Fixed"]];

  let shownSource = null;
  function update() {
    search(state.text);
    const found = filtered();
    options($("f-source"), [["", sources.map(([name], at) => [String(at), name])]], found.counts.source, "All sources");
    options($("f-record"), [["", allRecords]], found.counts.record, "All records");
    options($("f-kind"), [["", allClasses]], found.counts.kind, "All classes");
    options($("f-label"), allLabels, found.counts.label, "All labels");
    options($("f-status"), [["", allStatuses]], found.counts.status, "All, fixed ones too");
    for (const name of ["text", "low", "high"]) if ($(`f-${name}`).value !== state[name]) $(`f-${name}`).value = state[name];
    const [gold, predicted] = state.pair.split(">");
    $("pair").hidden = !state.pair;
    $("pair").textContent = state.pair ? `Gold ${gold || "nothing"} → ${predicted || "nothing"}  ✕` : "";
    $("pair").setAttribute("aria-label", `Remove the filter gold ${gold || "nothing"}, predicted ${predicted || "nothing"}`);
    for (const input of document.querySelectorAll("#sources input")) input.checked = input.value === state.source;
    if (shownSource !== state.source) {
      shownSource = state.source;
      drawScores();
      drawClasses();
      drawConfusion();
      drawFigures();
    }
    const all = found.view.length === errors.length;
    $("count").textContent = errors.length === 0 ? "No errors" : all ? plural(errors.length, "error", "errors")
      : `${number(found.view.length)} of ${plural(errors.length, "error", "errors")}`;
    view = found.view;
    rows.show(view.length);
    if (list.getBoundingClientRect().top < 0) $("count").parentNode.scrollIntoView();
    writeHash();
  }
  function drawFigures() {
    const shown = sourceNumber();
    const top = scoresOf(shown).find((s) => s.row === "mentions");
    const own = errors.filter((e, i) => TESTS.source(e, i));
    const documents = sources.filter((_, at) => shown < 0 || at === shown).reduce((sum, s) => sum + s[1].length, 0);
    const figures = [];
    if (top) {
      figures.push([points(top.now[2]), `F1 of mentions${top.now[3] === null ? "" : `, 95 % ${range(top.now)}`}`]);
      if (top.was) figures.push([signed(100 * (top.now[2] - top.was[2])), `points against ${data.runs[1][0]}${top.p === null ? "" : `, p ${chance(top.p)}`}`]);
    }
    const count = (status) => own.filter((e) => e.status === status).length;
    if (two) for (const status of ["fixed", "new", "changed", "unchanged"]) figures.push([number(count(status)), status]);
    else figures.push([number(own.length), "errors"]);
    figures.push([number(documents), documents === 1 ? "document" : "documents"]);
    $("figures").replaceChildren(...figures.map(([value, name]) => el("div", { class: "figure" }, el("b", {}, value), el("span", {}, name))));
  }

  // -- start ------------------------------------------------------------------------------------

  const named = data.runs.map(([name, model]) => (model ? `${name} (${model})` : name));
  $("about").textContent = two ? `${named[0]}, compared with ${named[1]}.` : `${named[0]}.`;
  $("scores-lead").textContent = "F1, precision and recall in points. The band is the 95 % interval of F1, from documents drawn anew; "
    + `few documents give a band that is too narrow.${two ? " The ring is the earlier run; p is that of a paired permutation test." : ""}`;
  if (!data.hasTexts) $("about").textContent += " The texts are left out of this report: offsets say where an error stands.";
  if (data.missing.length) {
    $("missing").hidden = false;
    $("missing").textContent = `Not scored: ${data.missing.slice(0, 20).join("; ")}${data.missing.length > 20 ? `; and ${data.missing.length - 20} more` : ""}.`;
  }
  if (sources.length > 1) {
    $("sources").hidden = false;
    for (const [value, name] of [["", "All"], ...sources.map(([own], at) => [String(at), own])]) {
      const input = el("input", { type: "radio", name: "source", value });
      input.addEventListener("change", () => { state.source = value; update(); });
      $("sources").append(el("label", {}, input, name));
    }
  }
  $("f-source").parentNode.hidden = sources.length < 2;
  $("status-field").hidden = !two;
  const sample = (name, text) => el("p", {}, el("span", { class: name }, text));
  const legend = [[sample("g", "Gold"), ": solid line below"], [sample("p", two ? "Now" : "Predicted"), ": dashed line above"]];
  if (two) legend.push([sample("w", "Earlier"), ": dotted line above"]);
  $("legend").append(...legend.map(([node, text]) => { node.append(text); return node; }));
  $("footer").textContent = `lgtalent_ie ${data.version}. Offsets count code points of the text, half-open. This page fetches nothing.`;

  for (const name of ["source", "record", "kind", "label", "status"]) {
    $(`f-${name}`).addEventListener("change", (event) => { state[name] = event.target.value; update(); });
  }
  for (const name of ["text", "low", "high"]) {
    $(`f-${name}`).addEventListener("input", (event) => {
      if (!event.target.validity.valid) return;
      state[name] = event.target.value;
      update();
    });
  }
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", (event) => { event.preventDefault(); state = { ...EMPTY }; update(); });
  $("pair").addEventListener("click", () => { state.pair = ""; update(); $("reset").focus(); });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, PageDown: 1, ArrowUp: -1, PageUp: -1 }[event.key];
    const row = event.target.closest(".error");
    if (!step || !row) return;
    const node = rows.node(Number(row.getAttribute("aria-posinset")) - 1 + step);
    if (!node) return;
    event.preventDefault();
    node.focus({ preventScroll: true });
    node.scrollIntoView({ block: "nearest" });
  });
  addEventListener("hashchange", () => { state = readHash(); update(); });
  if (innerWidth < 960) $("panel").open = false;
  state = readHash();
  drawBySource();
  update();
})();
