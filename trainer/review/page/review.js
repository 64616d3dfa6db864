"use strict";

const PAGE_LENGTH = 60;
const POLL_MS = 4000;
const at = (id) => document.getElementById(id);

const review = {
  who: localStorage.getItem("who") || "",
  overview: null,
  filter: { kind: "label", sex: "", age: "" },
  page: 0,
  pages: 1,
  count: 0,
  items: [],
  chosen: 0,
  change: 0,
  goesOn: true,
  trail: [],
};

async function ask(path, parameters = {}) {
  const answer = await fetch(`api/${path}?${new URLSearchParams(parameters)}`);
  const facts = await answer.json();
  if (!answer.ok) throw new Error(facts.problem);
  return facts;
}

function say(text, isProblem = false) {
  at("said").textContent = text;
  at("said").classList.toggle("problem", isProblem);
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const pictureOf = (row) => `picture/${review.overview.token}/${row}`;
const initial = (sex) => ({ female: "F", male: "M" })[sex] || sex;
const readSex = (item) => (item.male > 0.5 ? "male" : "female");
const current = () => review.items[review.chosen];

function markOf(decision) {
  if (decision.dropped) return ["drop", "drop"];
  const changes = [decision.sex && initial(decision.sex), decision.age].filter(Boolean);
  return changes.length ? ["change", changes.join(" ")] : ["keep", "keep"];
}

function inWords(decision) {
  if (!decision) return "nobody yet";
  const [kind, text] = markOf(decision);
  return `${kind === "change" ? `now ${text}` : text}, ${decision.who}, ${decision.when.slice(0, 16).replace("T", " ")}`;
}

function makeCard(item, note) {
  const card = element("div", "card");
  const image = element("img");
  Object.assign(image, { loading: "lazy", decoding: "async", alt: "", src: pictureOf(item.row) });
  card.append(image);
  const label = element("div", "label");
  label.append(element("span", item.kinds.includes("sex") ? "doubt" : "", initial(item.sex)));
  label.append(element("span", item.kinds.includes("age") ? "doubt" : "", item.age));
  const read = element("div", "read");
  read.append(element("span", "", `${initial(readSex(item))} ${Math.round(100 * Math.max(item.male, 1 - item.male))} %`));
  read.append(element("span", "", note || `≈${Math.round(item.years)}`));
  card.append(label, read);
  if (item.heldOut) card.append(element("span", "held", "held out"));
  card.classList.toggle("decided", Boolean(item.decision));
  if (item.decision) {
    const [kind, text] = markOf(item.decision);
    card.append(element("span", `mark ${kind}`, text));
  }
  card.setAttribute(
    "aria-label",
    `${item.sex} ${item.age}; read as ${readSex(item)}, about ${Math.round(item.years)}; decided: ${inWords(item.decision)}`,
  );
  return card;
}

function makeOption(item, index) {
  const card = makeCard(item);
  card.id = `row-${item.row}`;
  card.setAttribute("role", "option");
  card.setAttribute("aria-selected", String(index === review.chosen));
  card.addEventListener("click", () => choose(index));
  card.addEventListener("dblclick", () => toggleLarge());
  return card;
}

function drawGrid() {
  at("grid").replaceChildren(...review.items.map(makeOption));
  at("place").textContent = review.count
    ? `page ${(review.page + 1).toLocaleString()} of ${review.pages.toLocaleString()}`
    : "no such pictures";
}

function redraw(item) {
  const index = review.items.indexOf(item);
  at(`row-${item.row}`).replaceWith(makeOption(item, index));
}

function choose(index) {
  if (!review.items.length) return;
  const before = at("grid").querySelector('[aria-selected="true"]');
  if (before) before.setAttribute("aria-selected", "false");
  review.chosen = Math.max(0, Math.min(index, review.items.length - 1));
  const card = at("grid").children[review.chosen];
  card.setAttribute("aria-selected", "true");
  at("grid").setAttribute("aria-activedescendant", card.id);
  card.scrollIntoView({ block: "nearest" });
  if (!at("large").hidden) showLarge();
}

async function load(page, chosen = 0) {
  const got = await ask("page", { ...review.filter, page, length: PAGE_LENGTH, who: review.who });
  review.page = got.page;
  review.pages = got.pages;
  review.count = got.count;
  review.items = got.items;
  review.chosen = 0;
  history.replaceState(null, "", `#${new URLSearchParams({ ...review.filter, page: got.page })}`);
  at("meaning").textContent = review.overview.kinds.find((kind) => kind.name === review.filter.kind).meaning;
  drawGrid();
  showProgress(got.left, null);
  if (review.items.length) choose(chosen);
  else at("large").hidden = true;
}

function showProgress(left, people) {
  at("progress").value = review.count ? 1 - left / review.count : 1;
  at("left").textContent = `${(review.count - left).toLocaleString()} of ${review.count.toLocaleString()} decided, ${left.toLocaleString()} left`;
  if (people) {
    at("people").textContent = Object.entries(people)
      .map(([who, number]) => `${who === review.who ? "you" : who} ${number.toLocaleString()}`)
      .join(", ");
  }
}

function take(decisions) {
  for (const { row, decision } of decisions) {
    const item = review.items.find((one) => one.row === row);
    if (item) {
      item.decision = decision;
      redraw(item);
    }
  }
}

async function poll() {
  const got = await ask("changes", { ...review.filter, since: review.change });
  review.change = got.change;
  take(got.decisions);
  showProgress(got.left, got.people);
}

let waiting = Promise.resolve();

/* Keys are answered one after the other, however fast they are pressed. */
function inTurn(work) {
  waiting = waiting.then(work).catch((error) => say(error.message, true));
  return waiting;
}

async function send(body) {
  const answer = await fetch("decisions", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ who: review.who, ...body }),
  });
  const facts = await answer.json();
  if (!answer.ok) throw new Error(facts.problem);
  return facts.decisions;
}

/* `value` is a text, or tells it of the picture: whose turn it is shows only when the keys before are answered. */
function decide(action, value = "") {
  return inTurn(async () => {
    const item = current();
    if (!item) return;
    await putOn([item], action, typeof value === "function" ? value(item) : value);
    if (review.goesOn) await goOn();
    else choose(review.chosen);
  });
}

async function putOn(items, action, value) {
  const decisions = await send({ action, value, rows: items.map((item) => item.row) });
  review.trail.push({ filter: { ...review.filter }, page: review.page, row: items[0].row });
  take(decisions);
  say(items.length > 1 ? `${items.length} pictures: ${action}` : `${items[0].file}: ${action} ${value}`);
  await poll();
}

function otherSex(item) {
  const stands = (item.decision && item.decision.sex) || item.sex;
  return stands === "female" ? "male" : "female";
}

function keepRest() {
  return inTurn(async () => {
    const open = review.items.filter((item) => !item.decision);
    if (open.length) await putOn(open, "keep", "");
    await nextOpen();
  });
}

function undo() {
  return inTurn(async () => {
    const decisions = await send({ action: "undo" });
    if (!decisions.length) {
      say("nothing of yours to undo");
      return;
    }
    const row = decisions[0].row;
    const last = review.trail.pop();
    const here = () => review.items.findIndex((item) => item.row === row);
    if (here() < 0 && last && last.row === row) {
      review.filter = last.filter;
      showFilter();
      await load(last.page);
    }
    take(decisions);
    if (here() >= 0) choose(here());
    say(`undone on ${decisions.length} ${decisions.length > 1 ? "pictures" : "picture"}`);
    await poll();
  });
}

async function goOn() {
  const next = review.items.findIndex((item, index) => index > review.chosen && !item.decision);
  if (next >= 0) choose(next);
  else await nextOpen();
}

async function nextOpen() {
  const after = review.page * PAGE_LENGTH + review.chosen;
  const { place } = await ask("next", { ...review.filter, after, who: review.who });
  if (place === null) {
    say("all of these are decided");
    choose(review.chosen);
    return;
  }
  const page = Math.floor(place / PAGE_LENGTH);
  if (page !== review.page) await load(page, place % PAGE_LENGTH);
  else choose(place % PAGE_LENGTH);
}

function step(by) {
  return inTurn(async () => {
    const wanted = review.chosen + by;
    if (wanted >= review.items.length && review.page + 1 < review.pages) await load(review.page + 1);
    else if (wanted < 0 && review.page > 0) await load(review.page - 1, PAGE_LENGTH - 1);
    else choose(wanted);
  });
}

function columns() {
  const cards = [...at("grid").children];
  const wrapped = cards.findIndex((card) => card.offsetTop > cards[0].offsetTop);
  return at("large").hidden ? (wrapped < 0 ? cards.length : wrapped) : 1;
}

function turnPage(by) {
  return inTurn(() => load(Math.max(0, Math.min(review.page + by, review.pages - 1))));
}

function toggleLarge() {
  if (!review.items.length) return;
  at("large").hidden = !at("large").hidden;
  if (!at("large").hidden) showLarge();
}

async function showLarge() {
  const item = current();
  drawFacts(item);
  const details = await ask(`details/${item.row}`);
  if (current() !== item || at("large").hidden) return;
  drawAges(details);
  const twin = item.partner >= 0 ? [(await ask(`details/${item.partner}`))] : [];
  if (current() !== item) return;
  const rooms = [
    ["Compare with", twin.map((one) => [one, ""])],
    ["Looks most like it", details.alike.map((one) => [one, `≅ ${one.similarity.toFixed(2)}`])],
    ["Read most like it", details.readAlike.map((one) => [one, ""])],
  ];
  at("neighbours").replaceChildren(
    ...rooms.filter(([, found]) => found.length).map(([title, found]) => {
      const room = element("div");
      const row = element("div", "row");
      row.append(...found.map(([one, note]) => makeCard(one, note)));
      room.append(element("h2", "", title), row);
      return room;
    }),
  );
}

function drawFacts(item) {
  const views = [pictureOf(item.row)];
  if (review.overview.photographs) views.push(`photograph/${item.row}`);
  at("views").replaceChildren(
    ...views.map((source, index) => {
      const image = element("img");
      Object.assign(image, { src: source, alt: index ? "the photograph" : "the aligned picture" });
      image.addEventListener("error", () => image.remove());
      return image;
    }),
  );
  at("name").textContent = item.file;
  const rows = [
    ["Label", item.sex, item.age],
    ["Read", `${readSex(item)} ${Math.round(100 * Math.max(item.male, 1 - item.male))} %`, `about ${Math.round(item.years)}`],
    ["Decided", inWords(item.decision), ""],
  ];
  at("labels").replaceChildren(
    ...rows.map(([name, sex, age]) => {
      const row = element("tr");
      row.append(element("th", "", name), element("td", "", sex), element("td", "", age));
      return row;
    }),
  );
  at("age-read").replaceChildren();
  at("neighbours").replaceChildren();
  at("also").textContent = [item.heldOut ? "held out of training" : "", item.kinds.length ? `suspect: ${item.kinds.join(", ")}` : ""]
    .filter(Boolean)
    .join("; ");
}

function drawAges(details) {
  const space = "http://www.w3.org/2000/svg";
  at("age-read").replaceChildren(
    ...review.overview.ages.map((name, index) => {
      const bar = element("div", `bar${name === details.age ? " own" : ""}`);
      const drawing = document.createElementNS(space, "svg");
      const rect = document.createElementNS(space, "rect");
      const height = 64 * details.ageRead[index];
      for (const [key, value] of Object.entries({ x: 0, width: "100%", y: 64 - height, height })) rect.setAttribute(key, value);
      drawing.append(rect);
      bar.append(drawing, element("div", "", name));
      bar.title = `${Math.round(100 * details.ageRead[index])} %`;
      return bar;
    }),
  );
}

function showFilter() {
  for (const name of ["kind", "sex", "age"]) at(name).value = review.filter[name];
}

function askAge() {
  at("age-text").value = "";
  at("age-dialog").showModal();
}

const KEYS = {
  k: () => decide("keep"),
  K: keepRest,
  d: () => decide("drop"),
  Delete: () => decide("drop"),
  s: () => decide("sex", otherSex),
  a: askAge,
  u: undo,
  n: () => inTurn(nextOpen),
  t: () => {
    review.goesOn = !review.goesOn;
    say(review.goesOn ? "goes on after a decision" : "stays after a decision");
  },
  f: () => at("kind").focus(),
  "?": () => at("help").showModal(),
  " ": toggleLarge,
  Enter: toggleLarge,
  Escape: () => { at("large").hidden = true; },
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  ArrowUp: () => step(-columns()),
  ArrowDown: () => step(columns()),
  Home: () => inTurn(() => choose(0)),
  End: () => inTurn(() => choose(review.items.length - 1)),
  PageUp: () => turnPage(-1),
  PageDown: () => turnPage(1),
};

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (event.target.closest("select, input")) {
    if (event.key === "Escape") at("grid").focus();
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.key === "z") {
    event.preventDefault();
    undo();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("button") && (event.key === " " || event.key === "Enter")) return;
  if (/^[1-9]$/.test(event.key)) {
    const group = review.overview.ages[Number(event.key) - 1];
    if (group) decide("age", group);
    return;
  }
  const isKeepRest = event.key === "K" && event.shiftKey;
  const work = KEYS[event.key.length === 1 && !isKeepRest ? event.key.toLowerCase() : event.key];
  if (!work) return;
  event.preventDefault();
  if (event.repeat && !event.key.startsWith("Arrow")) return;
  work();
});

for (const name of ["kind", "sex", "age"]) {
  at(name).addEventListener("change", () => {
    review.filter[name] = at(name).value;
    inTurn(() => load(0));
  });
}
at("filters").addEventListener("submit", (event) => event.preventDefault());
at("back").addEventListener("click", () => turnPage(-1));
at("forth").addEventListener("click", () => turnPage(1));
at("help-button").addEventListener("click", () => at("help").showModal());
at("age-dialog").querySelector("form").addEventListener("submit", () => {
  const text = at("age-text").value.trim();
  if (text) decide("age", text);
});

function askWho() {
  return new Promise((resolve) => {
    if (review.who) {
      resolve();
      return;
    }
    at("who-dialog").addEventListener("cancel", (event) => event.preventDefault());
    at("who-dialog").addEventListener("close", () => {
      review.who = at("who").value.trim() || "somebody";
      localStorage.setItem("who", review.who);
      resolve();
    });
    at("who-dialog").showModal();
  });
}

async function begin() {
  await askWho();
  review.overview = await ask("overview");
  review.change = review.overview.change;
  at("kind").append(
    ...review.overview.kinds.map((kind) => new Option(`${kind.name} (${kind.count.toLocaleString()})`, kind.name)),
  );
  at("age").append(...review.overview.ages.map((name, index) => new Option(name, String(index))));
  at("age-keys").textContent = review.overview.ages.map((name, index) => `${index + 1}: ${name}`).join(" · ");
  const asked = new URLSearchParams(location.hash.slice(1));
  for (const name of ["kind", "sex", "age"]) {
    if ([...at(name).options].some((option) => option.value === asked.get(name))) review.filter[name] = asked.get(name);
  }
  showFilter();
  await load(Number(asked.get("page")) || 0);
  showProgress(review.count - Math.round(at("progress").value * review.count), review.overview.people);
  at("grid").focus();
  setInterval(() => inTurn(poll), POLL_MS);
}

inTurn(begin);
