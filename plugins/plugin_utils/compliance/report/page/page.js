// The page reads its data from the blocks beside it and draws everything from them. Whatever comes from a device or a
// person goes into the document as text, never as markup. There is no request, no storage, no library.
"use strict";

const STATES = { p: "pass", f: "fail", n: "not_applicable", w: "waived", e: "error", u: "unknown" };
const WORDS = { pass: "Pass", fail: "Fail", not_applicable: "Not applicable", waived: "Waived", error: "Error", unknown: "Unknown" };
const ORDER = ["fail", "error", "unknown", "waived", "pass", "not_applicable"];
const SEVERITIES = ["critical", "high", "medium", "low"];
const VERDICTS = { c: ["compliant", "Compliant"], f: ["failing", "Not compliant"], u: ["unjudged", "Not judged"] };
const PER_PAGE = 50, PRINTED = 500, SITES = 25, RANKED = 8;

const byId = (id) => document.getElementById(id);
const read = (selector) => [...document.querySelectorAll(selector)].map((block) => JSON.parse(block.textContent));

/** An element: `h("p", {class: "x", onclick: f}, "text", child)`. Text stays text. */
function h(tag, attributes = {}, ...children) {
  const element = tag.startsWith("svg:") ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const run = read("#run")[0];
const rules = run.rules; // {id, title, severity, weight, rationale, references}
const at = new Map(rules.map((rule, index) => [rule.id, index]));
// A device: {n: its number, name, site, platform, role, score, states, verdict, reason, by: findings by severity}
const devices = read("script.rows").flat().map(([name, site, platform, role, score, states, verdict, reason], n) => {
  const by = { critical: 0, high: 0, medium: 0, low: 0 };
  for (let i = 0; i < states.length; i++) if (states[i] === "f" || states[i] === "e") by[rules[i].severity]++;
  return { n, name, site, platform, role, score, states, verdict, reason: reason || "", by };
});
const detailBlocks = document.querySelectorAll("script.details");
const detailsPerBlock = run.details_per_block;

const round = (value) => (value === null || value === undefined ? "–" : String(Math.round(value)));
const share = (part, whole) => (whole ? Math.round((100 * part) / whole) : 0);
const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const when = (iso) => new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
const tone = (score) => (score === null ? "unjudged" : score < run.min_score ? "failing" : "compliant");

/** Failing and judged devices by rule, of some devices: `{fails: [...], judged: [...]}`, by a rule's index. */
function tally(some) {
  const fails = new Array(rules.length).fill(0), judged = new Array(rules.length).fill(0);
  for (const { states } of some) {
    for (let i = 0; i < states.length; i++) {
      const state = states[i];
      if (state === "f" || state === "e") { fails[i]++; judged[i]++; } else if (state === "p") judged[i]++;
    }
  }
  return { fails, judged };
}

function groupBy(items, key) {
  const groups = new Map();
  for (const item of items) (groups.get(key(item)) || groups.set(key(item), []).get(key(item))).push(item);
  return groups;
}

const fleet = tally(devices);
const sites = [...groupBy(devices, (device) => device.site)].map(([name, members]) => {
  const { fails, judged } = tally(members), sum = (list) => list.reduce((a, b) => a + b, 0);
  return { name, members, fails, judged, bad: sum(fails) / (sum(judged) || 1) };
}).sort((a, b) => b.bad - a.bad || a.name.localeCompare(b.name));

// ---- the figures -------------------------------------------------------------------------------------------------------

function drawHead() {
  document.title = run.title;
  const facts = [["Run", run.run_id], ["Judged", when(run.started)], ["Profile", run.profile], ["Devices", devices.length.toLocaleString("en")],
    ["Rules", rules.length], ["Score wanted", `${run.min_score} or more`]];
  byId("meta").append(...facts.map(([name, value]) => h("span", {}, `${name} `, h("b", {}, String(value)))));
  byId("foot").append(`Made by ${run.generator}. A score is the weight of the passed rules, in per cent of the weight of all that apply and are not waived; ` +
    "the fleet's is the mean of its devices'. An error counts as not passed.");
}

function drawScore() {
  const around = 2 * Math.PI * 46, score = run.score, angle = (run.min_score / 100) * 2 * Math.PI - Math.PI / 2;
  const mark = [40.5, 51.5].map((radius) => [60 + radius * Math.cos(angle), 60 + radius * Math.sin(angle)]);
  const ring = h("svg:svg", { viewBox: "0 0 120 120", class: `ring ${tone(score)}`, role: "img", "aria-label": `Fleet score ${round(score)} of 100` },
    h("svg:circle", { class: "track", cx: 60, cy: 60, r: 46 }),
    h("svg:circle", { class: "value", cx: 60, cy: 60, r: 46, transform: "rotate(-90 60 60)", stroke: "var(--c)", "stroke-dasharray": `${((score || 0) / 100) * around} ${around}` }),
    h("svg:line", { class: "mark", x1: mark[0][0], y1: mark[0][1], x2: mark[1][0], y2: mark[1][1] }),
    h("svg:text", { x: 60, y: 70 }, round(score)));
  const earlier = run.trend.filter((point) => point.run !== run.run_id && point.score !== null).at(-1);
  const change = earlier && score !== null ? Math.round(10 * (score - earlier.score)) / 10 : null;
  byId("score").append(ring, h("div", {}, h("p", { class: "label" }, "Fleet score"),
    h("p", { class: "delta" }, change === null ? "The first run of this profile" : change === 0 ? "As in the run before" :
      [h("span", { class: change > 0 ? "up" : "down" }, `${change > 0 ? "▲ +" : "▼ −"}${Math.abs(change)}`), " since the run before"])));
}

function drawParts(id, title, parts) {
  const total = parts.reduce((sum, part) => sum + part.count, 0);
  byId(id).append(h("p", { class: "label" }, title),
    h("div", { class: "stack", "aria-hidden": "true" }, parts.filter((part) => part.count).map((part) => {
      const bar = h("i", { class: `dot ${part.kind}` });
      bar.style.width = `${(100 * part.count) / (total || 1)}%`;
      bar.style.height = "100%";
      bar.style.borderRadius = "0";
      return bar;
    })),
    h("div", { class: "parts" }, parts.map((part) => h(part.choose ? "button" : "div", part.choose ? { type: "button", onclick: part.choose } : { class: "line" },
      h("span", { class: `dot ${part.kind}` }), part.name, h("b", {}, part.count.toLocaleString("en"))))));
}

function drawFigures() {
  const verdicts = groupBy(devices, (device) => device.verdict);
  drawParts("verdicts", "Devices", Object.entries(VERDICTS).map(([key, [kind, name]]) => ({
    kind, name, count: (verdicts.get(key) || []).length, choose: () => filterBy({ verdict: key }) })));
  drawParts("severities", "Open findings", SEVERITIES.map((severity) => ({
    kind: severity, name: severity[0].toUpperCase() + severity.slice(1), count: devices.reduce((sum, device) => sum + device.by[severity], 0) })));
}

function drawTrend() {
  const points = run.trend.filter((point) => point.score !== null), box = byId("trend");
  box.append(h("p", { class: "label" }, "Fleet score over the runs"));
  if (points.length < 2) {
    box.append(h("p", { class: "hint" }, "From the second run of this profile on, a line shows here where the fleet is going."));
    return;
  }
  const wide = 460, high = 138, left = 26, bottom = 18, right = 14;
  const low = Math.max(0, Math.floor((Math.min(run.min_score, ...points.map((point) => point.score)) - 5) / 10) * 10);
  const x = (i) => left + (i * (wide - left - right)) / (points.length - 1);
  const y = (score) => 6 + (1 - (score - low) / (100 - low)) * (high - bottom - 6);
  const line = points.map((point, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(point.score).toFixed(1)}`).join("");
  const day = (point) => new Date(point.started).toLocaleDateString(undefined, { day: "numeric", month: "short" });
  const parts = [low, (low + 100) / 2, 100].flatMap((mark) => [h("svg:line", { class: "grid", x1: left, x2: wide - right, y1: y(mark), y2: y(mark) }),
    h("svg:text", { x: left - 6, y: y(mark) + 4, "text-anchor": "end" }, String(Math.round(mark)))]);
  parts.push(h("svg:line", { class: "least", x1: left, x2: wide - right, y1: y(run.min_score), y2: y(run.min_score) }),
    h("svg:path", { class: "area", d: `${line}L${x(points.length - 1)} ${high - bottom}L${left} ${high - bottom}Z` }), h("svg:path", { class: "path", d: line }),
    h("svg:text", { x: left, y: high - 2 }, day(points[0])), h("svg:text", { x: wide - right, y: high - 2, "text-anchor": "end" }, day(points.at(-1))));
  points.forEach((point, i) => parts.push(h("svg:circle", { cx: x(i), cy: y(point.score), r: i === points.length - 1 ? 4.5 : points.length > 40 ? 1.5 : 3, class: i === points.length - 1 ? "last" : "" },
    h("svg:title", {}, `${when(point.started)}: ${round(point.score)}, ${many(point.devices, "device")}`))));
  box.append(h("svg:svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": `Fleet score over ${points.length} runs, from ${round(points[0].score)} to ${round(points.at(-1).score)}` }, parts));
}

// ---- the heat map ------------------------------------------------------------------------------------------------------

/** Colour of a failing share: four anchors of the style sheet, mixed where the eye sees equal steps. */
function heat(failing) {
  const anchors = [0, 0.2, 0.55, 1], i = failing <= 0.2 ? 0 : failing <= 0.55 ? 1 : 2;
  const part = (failing - anchors[i]) / (anchors[i + 1] - anchors[i]);
  return `color-mix(in oklab, var(--heat-${i + 1}) ${Math.round(100 * part)}%, var(--heat-${i}))`;
}

function heatCell(site, i) {
  const fails = site.fails[i], judged = site.judged[i];
  const name = `${site.name}, ${rules[i].id}: ${judged ? `${fails} of ${judged} fail` : "does not apply, or was not judged"}`;
  if (!judged) return h("td", {}, h("span", { class: "cell na", role: "img", "aria-label": name, title: name }));
  const failing = fails / judged, kind = `cell${fails ? "" : " zero"}${failing > 0.55 ? " deep" : ""}`;
  return h("td", {}, h("button", { type: "button", class: kind, tabindex: -1, "aria-label": name, title: name, "--h": heat(failing),
    onclick: () => filterBy({ site: site.name, rule: rules[i].id, state: fails ? "f" : "p" }) }, String(Math.round(100 * failing))));
}

function drawHeat(limit) {
  const shown = sites.slice(0, limit);
  const head = h("tr", {}, h("th", { scope: "col" }, "Site"), rules.map((rule) => h("th", { scope: "col" },
    h("button", { type: "button", title: rule.title, onclick: () => openRule(rule) }, rule.id))));
  const body = shown.map((site) => h("tr", {}, h("th", { scope: "row" }, h("button", { type: "button", title: site.name, onclick: () => filterBy({ site: site.name }) }, site.name),
    h("small", {}, String(site.members.length))), rules.map((rule, i) => heatCell(site, i))));
  const table = h("table", { class: "heat" }, h("caption", { class: "unseen" }, "Failing devices in per cent, by site and rule"), h("thead", {}, head), h("tbody", {}, body));
  byId("heat").replaceChildren(table);
  walkable(table);
  byId("heat-more").replaceChildren();
  if (shown.length < sites.length) {
    byId("heat-more").append(`The ${shown.length} sites that need work most, of ${sites.length}. `, h("button", { type: "button", onclick: () => drawHeat(sites.length) }, "Show all"));
  }
}

/** One tab stop for the whole map; the arrow keys go from cell to cell. */
function walkable(table) {
  const first = table.querySelector("button.cell");
  if (first) first.tabIndex = 0;
  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td"), step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!cell || !step) return;
    event.preventDefault();
    let row = cell.parentElement, column = cell.cellIndex, next = null;
    while (!next) {
      row = step[0] < 0 ? row.previousElementSibling : step[0] > 0 ? row.nextElementSibling : row;
      column += step[1];
      if (!row || !row.cells[column]) return;
      next = row.cells[column].querySelector("button.cell");
    }
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

// ---- the rankings ------------------------------------------------------------------------------------------------------

const meter = (percent, kind) => h("span", { class: "meter", "aria-hidden": "true" }, h("i", { class: kind, "--w": `${percent}%` }));

function drawRanks() {
  const failing = rules.map((rule, i) => ({ rule, i, fails: fleet.fails[i], part: share(fleet.fails[i], fleet.judged[i]) })).filter((entry) => entry.fails)
    .sort((a, b) => b.fails * rules[b.i].weight - a.fails * rules[a.i].weight || a.i - b.i).slice(0, RANKED);
  byId("worst-rules").append(...failing.map(({ rule, fails, part }) => h("li", {}, h("button", { type: "button", onclick: () => openRule(rule), title: `${many(fails, "device")}` },
    h("span", { class: "id" }, rule.id), h("span", { class: "name" }, rule.title), meter(part, rule.severity), h("span", { class: "number" }, `${part} %`)))));
  const worst = devices.filter((device) => device.score !== null).sort((a, b) => a.score - b.score || b.by.critical - a.by.critical || a.n - b.n).slice(0, RANKED);
  byId("worst-devices").append(...worst.map((device) => h("li", {}, h("button", { type: "button", onclick: () => openDevice(device) },
    h("span", { class: "name id" }, device.name), h("span", { class: "name soft" }, `${device.site} · ${device.platform}`), meter(device.score, tone(device.score)), h("span", { class: "number" }, round(device.score))))));
  for (const [id, word] of [["worst-rules", "No rule fails anywhere."], ["worst-devices", "No device has been judged."]]) if (!byId(id).children.length) byId(id).append(h("li", { class: "none" }, word));
}

// ---- the table of devices ----------------------------------------------------------------------------------------------

const form = byId("filters"), fields = form.elements;
const roles = devices.some((device) => device.role);
const COLUMNS = [["name", "Device"], ["site", "Site"], ["platform", "Platform"], ...(roles ? [["role", "Role"]] : []), ["score", "Score"], ["findings", "Findings"], ["verdict", "Verdict"]];
const KEYS = { score: (device) => (device.score === null ? -1 : device.score), verdict: (device) => "fuc".indexOf(device.verdict),
  findings: (device) => ((device.by.critical * 1e3 + device.by.high) * 1e3 + device.by.medium) * 1e3 + device.by.low };
const view = { sort: "score", down: false, page: 0, found: devices };
const haystack = devices.map((device) => `${device.name}\n${device.site}\n${device.platform}\n${device.role}`.toLowerCase());

function fillFilters() {
  const fill = (name, first, options) => fields[name].append(h("option", { value: "" }, first), ...options.map(([value, text]) => h("option", { value }, text)));
  const names = (key) => [...new Set(devices.map((device) => device[key]))].sort((a, b) => a.localeCompare(b)).map((name) => [`=${name}`, name]);
  fill("verdict", "Any", Object.entries(VERDICTS).map(([key, [, name]]) => [key, name]));
  fill("site", "All", names("site"));
  fill("platform", "All", names("platform"));
  fill("rule", "Any", rules.map((rule) => [rule.id, `${rule.id} ${rule.title}`]));
  fill("state", "Any", Object.entries(STATES).map(([key, state]) => [key, WORDS[state]]));
}

function filterBy(wanted) {
  byId("panel").close();
  form.reset();
  for (const [name, value] of Object.entries(wanted)) fields[name].value = name === "site" || name === "platform" ? `=${value}` : value;
  search();
  byId("devices").focus({ preventScroll: true });
  byId("devices").scrollIntoView();
}

/** Whether a device has one of the rules that the words name, in the wanted state (failing, if none is wanted). */
function hasRule(device, chosen, state) {
  return chosen.some((i) => (state ? device.states[i] === state : device.states[i] === "f" || device.states[i] === "e"));
}

function search() {
  const words = fields.text.value.toLowerCase().split(/\s+/).filter(Boolean), { verdict, site, platform, rule, state } = Object.fromEntries(new FormData(form));
  const named = words.map((word) => rules.flatMap((each, i) => (each.id.toLowerCase() === word ? [i] : [])));
  const chosen = rule ? [at.get(rule)] : rules.map((each, i) => i);
  view.found = devices.filter((device) => (!verdict || device.verdict === verdict) && (!site || `=${device.site}` === site) && (!platform || `=${device.platform}` === platform) &&
    (!(rule || state) || hasRule(device, chosen, state)) && words.every((word, i) => haystack[device.n].includes(word) || hasRule(device, named[i], "")));
  for (const field of form.querySelectorAll("input, select")) field.classList.toggle("on", Boolean(field.value));
  view.page = 0;
  arrange();
}

function arrange() {
  const key = KEYS[view.sort], by = key ? (a, b) => key(a) - key(b) : (a, b) => a[view.sort].localeCompare(b[view.sort], undefined, { numeric: true });
  view.found.sort((a, b) => (view.down ? -by(a, b) : by(a, b)) || a.n - b.n);
  drawRows();
}

function drawTableHead() {
  byId("head").replaceChildren(...COLUMNS.map(([key, name]) => h("th", { scope: "col", "aria-sort": view.sort === key ? (view.down ? "descending" : "ascending") : null },
    h("button", { type: "button", onclick: () => {
      view.down = view.sort === key ? !view.down : key === "findings";
      view.sort = key;
      view.page = 0;
      arrange();
      [...byId("head").querySelectorAll("button")][COLUMNS.findIndex(([each]) => each === key)].focus();
    } }, name))));
}

function chips(device) {
  const found = SEVERITIES.filter((severity) => device.by[severity]);
  return h("span", { class: "chips" }, found.map((severity) => h("span", { class: `chip ${severity}`, title: `${device.by[severity]} of severity ${severity}` },
    `${device.by[severity]} `, severity)));
}

function row(device) {
  const [kind, name] = VERDICTS[device.verdict];
  return h("tr", {},
    h("td", {}, h("button", { type: "button", class: "open", title: device.name, onclick: () => openDevice(device) }, device.name)),
    h("td", { title: device.site }, device.site), h("td", {}, device.platform), roles ? h("td", { title: device.role }, device.role) : null,
    h("td", {}, h("span", { class: "scored" }, h("b", {}, round(device.score)), device.score === null ? null : meter(device.score, tone(device.score)))),
    h("td", {}, chips(device)), h("td", {}, h("span", { class: `badge ${kind}`, title: device.reason || null }, name)));
}

function drawRows(printing = false) {
  const pages = Math.max(1, Math.ceil(view.found.length / PER_PAGE));
  const shown = printing ? view.found.slice(0, PRINTED) : view.found.slice(view.page * PER_PAGE, (view.page + 1) * PER_PAGE);
  drawTableHead();
  byId("rows").replaceChildren(...(shown.length ? shown.map(row) : [h("tr", {}, h("td", { colspan: COLUMNS.length, class: "none" }, "No device fits these filters."))]));
  byId("count").textContent = view.found.length === devices.length ? many(devices.length, "device") : `${view.found.length.toLocaleString("en")} of ${many(devices.length, "device")}`;
  byId("page").textContent = `Page ${view.page + 1} of ${pages}`;
  byId("previous").disabled = view.page === 0;
  byId("next").disabled = view.page + 1 >= pages;
  byId("printed").textContent = printing && view.found.length > PRINTED ? `The first ${PRINTED} of ${view.found.length} devices; the CSV report has them all.` : "";
}

function turn(pages) {
  view.page += pages;
  drawRows();
  byId("devices").scrollIntoView();
}

// ---- the panel: a device with its evidence, or a rule ------------------------------------------------------------------

/** What was found on a device, by rule: `{rule: {message, evidence, remediation, diff, waiver, warning, since}}`. */
async function details(device) {
  const block = detailBlocks[Math.floor(device.n / detailsPerBlock)];
  const bytes = Uint8Array.from(atob(block.textContent), (letter) => letter.charCodeAt(0));
  const text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  return JSON.parse(text)[device.n % detailsPerBlock];
}

const badge = (state) => h("span", { class: `badge ${state}` }, WORDS[state]);
const severityChip = (severity) => h("span", { class: `chip ${severity}` }, severity);

function codeLines(title, lines, kind) {
  return h("div", {}, h("p", { class: "label-line" }, title), h("div", { class: `lines code ${kind}`, tabindex: 0, role: "group", "aria-label": title },
    lines.map(([number, text, section], i) => [section && section !== (lines[i - 1] || [])[2] ? h("div", { class: "within" }, h("i"), h("span", {}, section)) : null,
      h("div", {}, h("i", { "aria-hidden": kind === "fix" ? "true" : null }, kind === "fix" ? "+" : number ? String(number) : ""), h("span", {}, section ? `  ${text}` : text))])));
}

/** Rows that begin with their sign: `+` is missing, `-` is too much, `~` stands in another order. */
function diffLines(title, rows) {
  const kinds = { "+": "add", "-": "drop", "~": "move" };
  return h("div", {}, h("p", { class: "label-line" }, title), h("div", { class: "lines code fix", tabindex: 0, role: "group", "aria-label": title },
    rows.map((row) => h("div", { class: kinds[row[0]] || "same" }, h("i", {}, row.slice(0, 1).trim()), h("span", {}, row.slice(2))))));
}

/** The rule's places in the frameworks; one that asks for more than the rule does says so. */
function references(rule, platform) {
  const about = rule.references.filter((reference) => !platform || !reference.platforms.length || reference.platforms.includes(platform));
  return h("div", { class: "refs" }, about.map((reference) => {
    const notes = [reference.relation === "equal" ? "" : reference.relation, reference.unconfirmed ? "unconfirmed" : ""].filter(Boolean);
    return h("span", { class: "ref", title: [reference.benchmark, reference.version].filter(Boolean).join(", ") }, `${reference.framework} ${reference.id}${notes.length ? ` (${notes.join(", ")})` : ""}`);
  }));
}

function resultBox(i, state, found, platform) {
  const rule = rules[i], open = state === "fail" || state === "error", waiver = found.waiver;
  return h("details", { class: "result", open }, h("summary", {}, badge(state), h("span", { class: "id" }, rule.id), h("span", {}, rule.title), severityChip(rule.severity)),
    h("div", { class: "body" },
      found.message ? h("p", {}, found.message) : null,
      found.warning ? h("p", { class: "reason" }, found.warning) : null,
      found.since && open ? h("p", { class: "hint" }, `Open since ${when(found.since)}.`) : null,
      waiver ? h("p", {}, h("b", {}, "Waived"), ` until ${waiver.expires} by ${waiver.owner}: ${waiver.justification}`) : null,
      found.evidence ? codeLines("Evidence, by its line in the configuration", found.evidence, "") : null,
      found.remediation ? codeLines("What would set it right", found.remediation.map((line) => [0, line]), "fix") : null,
      found.diff ? diffLines("From the configuration to the intended one", found.diff) : null,
      h("p", { class: "hint" }, rule.rationale), references(rule, platform)));
}

function sheet(title, meta, ...body) {
  const panel = byId("panel");
  panel.replaceChildren(h("div", { class: "sheet-top" }, h("div", {}, h("h2", { id: "panel-title" }, title), h("p", { class: "meta" }, meta.filter(Boolean).map((text) => h("span", {}, text)))),
    h("button", { type: "button", onclick: () => panel.close() }, "Close")), h("div", { class: "sheet" }, body));
  if (!panel.open) panel.showModal();
  panel.scrollTop = 0;
}

async function openDevice(device) {
  const found = await details(device).catch((error) => ({ problem: String(error) }));
  const groups = groupBy(rules.map((rule, i) => i).filter((i) => STATES[device.states[i]]), (i) => STATES[device.states[i]]);
  const counts = ORDER.filter((state) => groups.has(state)).map((state) => h("span", { class: `badge ${state}` }, `${groups.get(state).length} ${WORDS[state].toLowerCase()}`));
  const boxes = ORDER.filter((state) => groups.has(state)).map((state) => h("section", { class: "group" }, h("h3", {}, WORDS[state]),
    groups.get(state).sort((a, b) => SEVERITIES.indexOf(rules[a].severity) - SEVERITIES.indexOf(rules[b].severity) || a - b).map((i) => resultBox(i, state, found[rules[i].id] || {}, device.platform))));
  sheet(device.name, [device.site, device.platform, device.role, found.file], h("div", { class: "tally" }, h("span", { class: `badge ${VERDICTS[device.verdict][0]}` }, device.score === null ? "No score" : `Score ${round(device.score)}`), counts),
    device.reason ? h("p", { class: "reason" }, device.reason) : null,
    found.problem ? h("p", { class: "reason" }, `The evidence cannot be unpacked by this browser: ${found.problem}`) : null, boxes);
  mark(`device=${encodeURIComponent(device.name.toWellFormed())}`);
}

function openRule(rule) {
  const i = at.get(rule.id);
  const bad = sites.filter((site) => site.fails[i]).sort((a, b) => b.fails[i] - a.fails[i]).slice(0, 40);
  sheet(`${rule.id} ${rule.title}`, [`Weight ${rule.weight}`, `${many(fleet.fails[i], "device")} of ${fleet.judged[i].toLocaleString("en")} fail`],
    h("div", { class: "tally" }, severityChip(rule.severity)), h("p", {}, rule.rationale), references(rule),
    h("div", {}, h("button", { type: "button", onclick: () => filterBy({ rule: rule.id, state: "f" }) }, "Show the devices that fail it")),
    bad.length ? h("div", { class: "sites" }, bad.map((site) => h("button", { type: "button", onclick: () => filterBy({ site: site.name, rule: rule.id, state: "f" }) },
      h("span", {}, site.name), meter(share(site.fails[i], site.judged[i]), rule.severity), h("span", { class: "number" }, `${site.fails[i]} of ${site.judged[i]}`)))) : null);
  mark(`rule=${encodeURIComponent(rule.id)}`);
}

/** Keep the address such that a reload, or a link sent to a colleague, opens the same panel. */
function mark(place) {
  history.replaceState(null, "", place ? `#${place}` : location.pathname + location.search);
}

function follow() {
  const [kind, value] = location.hash.slice(1).split("=").map((part) => { try { return decodeURIComponent(part); } catch { return part; } });
  const device = kind === "device" && devices.find((each) => each.name.toWellFormed() === value);
  if (device) openDevice(device);
  else if (kind === "rule" && at.has(value)) openRule(rules[at.get(value)]);
}

// ---- start -------------------------------------------------------------------------------------------------------------

function wire() {
  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(search, 80); };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("reset", () => setTimeout(search));
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  byId("print").addEventListener("click", () => window.print());
  byId("panel").addEventListener("close", () => mark(""));
  byId("panel").addEventListener("click", (event) => { if (event.target === byId("panel")) byId("panel").close(); });
  byId("theme").addEventListener("click", () => {
    const next = { "": "light", light: "dark", dark: "" }[document.documentElement.dataset.theme || ""];
    if (next) document.documentElement.dataset.theme = next; else delete document.documentElement.dataset.theme;
    const name = { "": "Auto", light: "Light", dark: "Dark" }[next];
    byId("theme").querySelector("span").textContent = name;
    byId("theme").setAttribute("aria-label", `Colours: ${next || "as the system has them"}`);
  });
  window.addEventListener("beforeprint", () => drawRows(true));
  window.addEventListener("afterprint", () => drawRows());
  window.addEventListener("hashchange", follow);
}

drawHead();
drawScore();
drawFigures();
drawTrend();
drawHeat(SITES);
drawRanks();
fillFilters();
wire();
search();
follow();
document.documentElement.dataset.ready = String(Math.round(performance.now()));
