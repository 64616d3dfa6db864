"use strict";

const definition = JSON.parse(document.getElementById("definition").textContent);
const PARTS = partsOf(definition);
const PART_NAMES = Object.keys(PARTS).filter((name) => name in definition.decks[0]);
const FIXATION_MS = 700;
const store = openStore(definition);
const at = (id) => document.getElementById(id);
const loaded = new Map();

let record = usable(store.read()) ?? newRecord(definition, PART_NAMES);
let asking = null; // the question on screen: { index, since, open }
let laidOut = null;

function usable(kept) {
  const whole = kept && Array.isArray(kept.order) && Array.isArray(kept.answers) && kept.deck in definition.decks;
  return whole && kept.answers.length <= kept.order.length ? kept : null;
}

function keep() {
  if (!store.write(record)) announce("This browser cannot keep more answers. Please do not reload the page.");
}

function announce(text) { at("status").textContent = text; }

function card(title, body, actions) {
  asking = null;
  at("question").hidden = true;
  at("card").hidden = false;
  at("card-title").textContent = title;
  at("card-body").replaceChildren(...body);
  at("card-actions").replaceChildren(...actions);
  at("card-title").focus();
  progress();
}

function paragraph(text, className = "") { return element("p", { textContent: text, className }); }

function action(text, run, first = false) {
  const button = element("button", { type: "button", className: first ? "first" : "" }, [text]);
  if (first) {
    button.append(keyHint("Enter"));
    button.dataset.first = "yes";
  }
  button.addEventListener("click", run);
  return button;
}

function progress() {
  const done = record.answers.length, all = record.order.length;
  at("progress-row").hidden = done === 0 && asking === null;
  at("progress").max = all;
  at("progress").value = done;
  at("progress-label").textContent = asking ? `${done + 1} of ${all}` : `${done} of ${all}`;
}

function welcome() {
  const seconds = record.order.reduce((sum, question) => sum + PARTS[question.part].seconds, 0);
  const points = [
    `${record.order.length} questions${PART_NAMES.length > 1 ? ` in ${PART_NAMES.length} parts` : ""}, about ${Math.max(1, Math.round(seconds / 60))} minutes.`,
    "The pictures are small and a little soft, all of them. Trust your first impression.",
    "Now and then a picture tells you what to answer, or shows a drawing: this is to see that you are still with us. " +
      "Do what it says; a drawing is made, not photographed.",
    "No name is asked for. Your answers stay in this browser until the end; you may stop at any time, and go on later in " +
      "the same browser.",
  ];
  const body = [paragraph("Thank you for lending us your eyes."),
    element("ul", {}, points.map((text) => element("li", { textContent: text })))];
  if (store.forgetful) body.push(paragraph("This browser keeps nothing, so please do not reload the page before the end.", "notice"));
  card(definition.title, body, [action("Begin", introduce, true)]);
}

function introduce() {
  const name = record.order[record.answers.length].part;
  const part = PARTS[name];
  const count = record.order.filter((question) => question.part === name).length;
  const which = PART_NAMES.length > 1 ? `Part ${PART_NAMES.indexOf(name) + 1} of ${PART_NAMES.length}, ${count} questions. ` : "";
  const start = action("Start", async () => {
    start.disabled = true;
    start.textContent = "Loading";
    announce("Loading the pictures");
    if (await load(name)) ask();
  }, true);
  card(part.title, [paragraph(which + part.text), paragraph(howTo(part))], [start]);
}

function howTo(part) {
  if (part.fields) return "Keys: F or M for the sex, a number for the age, Enter to go on. Or click, or tap.";
  const [one, other] = part.buttons ?? part.pictures;
  return `Keys: ${one.hint} for “${one.text}”, ${other.hint} for “${other.text}”. Or click, or tap.`;
}

async function load(part) {
  const wanted = new Set(record.order.filter((question) => question.part === part).flatMap((question) => question.show));
  const results = await Promise.allSettled([...wanted].filter((index) => !loaded.has(index)).map(async (index) => {
    const image = new Image();
    image.src = `pictures/${definition.pictures[index]}.png`;
    await image.decode();
    loaded.set(index, image);
  }));
  if (results.every((result) => result.status === "fulfilled")) return true;
  card("The pictures cannot be loaded", [paragraph("The folder “pictures” has to be beside this page. Check the connection and try again; your answers are kept.")],
    [action("Try again", introduce, true)]);
  return false;
}

function ask() {
  const index = record.answers.length;
  const question = record.order[index];
  const part = PARTS[question.part];
  if (laidOut !== question.part) {
    layOut(part, at("stage"), at("answers"), answer);
    laidOut = question.part;
  }
  const fresh = at("question").hidden;
  at("card").hidden = true;
  at("question").hidden = false;
  at("prompt").textContent = part.prompt;
  at("answers").reset();
  at("answers").onchange?.();
  at("back").disabled = part.timed || index === 0 || record.order[index - 1].part !== question.part;
  asking = { index, since: performance.now(), open: false };
  record.started ??= new Date().toISOString();
  progress();
  if (fresh) at("prompt").focus();
  announce(`Question ${index + 1} of ${record.order.length}`);
  show(question, asking);
}

async function show(question, mine) {
  const images = [...at("stage").querySelectorAll("img")];
  for (const cover of at("stage").querySelectorAll(".cover")) cover.remove();
  images.forEach((image, place) => {
    image.classList.add("unseen");
    image.src = loaded.get(question.show[place]).src;
    image.alt = images.length > 1 ? "" : `Picture ${mine.index + 1}`;
  });
  await Promise.all(images.map((image) => image.decode().catch(() => null)));
  if (asking !== mine) return;
  if (question.milliseconds === null) {
    reveal(images, mine);
    return;
  }
  // What was seen once under a time limit is not shown again, whatever is reloaded.
  if (record.seen > mine.index) {
    hide(images, mine);
    return;
  }
  const crosses = images.map((image) => image.parentNode.appendChild(element("span", { className: "cover", textContent: "+" })));
  await pause(FIXATION_MS);
  if (asking !== mine) return;
  crosses.forEach((cross) => cross.remove());
  record.seen = mine.index + 1;
  keep();
  reveal(images, mine);
  await frames(question.milliseconds);
  if (asking === mine) hide(images, mine);
}

function reveal(images, mine) {
  for (const image of images) image.classList.remove("unseen");
  mine.since = performance.now();
  mine.open = true;
}

function hide(images, mine) {
  for (const image of images) {
    image.classList.add("unseen");
    image.parentNode.append(noise());
  }
  if (!mine.open) mine.since = performance.now();
  mine.open = true;
}

// A pattern over the place of the picture, which ends the after-image.
function noise() {
  const canvas = element("canvas", { width: 32, height: 32, className: "cover" });
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(32, 32);
  for (let index = 0; index < pixels.data.length; index++) pixels.data[index] = index % 4 === 3 ? 255 : Math.random() * 256;
  context.putImageData(pixels, 0, 0);
  return canvas;
}

function pause(milliseconds) { return new Promise((resolve) => setTimeout(resolve, milliseconds)); }

// Ends at the frame nearest to the time; a timer alone would end up to a frame late.
function frames(milliseconds) {
  return new Promise((resolve) => {
    let first = null;
    const step = (now) => {
      first ??= now;
      if (now - first >= milliseconds - 8) resolve();
      else requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}

function answer(choice) {
  if (!asking?.open) return;
  record.answers.push({ answer: choice, ms: Math.max(0, Math.round(performance.now() - asking.since)) });
  asking = null;
  if (record.answers.length === record.order.length) record.finished = new Date().toISOString();
  keep();
  goOn();
}

function goOn() {
  const index = record.answers.length;
  if (index === record.order.length) finish();
  else if (record.order[index].part !== record.order[index - 1].part) introduce();
  else ask();
}

function back() {
  if (!asking || at("back").disabled) return;
  record.answers.pop();
  keep();
  ask();
}

async function finish() {
  const text = JSON.stringify(resultOf(definition, record), null, 1) + "\n";
  if (location.protocol.startsWith("http") && !record.sent) {
    card("Sending your answers", [paragraph("One moment.")], []);
    record.sent = await send(text);
    keep();
  }
  const download = action("Download my answers", () => save(text), !record.sent);
  const again = action("Next person", startOver);
  const sent = "Your answers have arrived. You may close this page.";
  const unsent = "One step is left: download your answers, and send the file to the person who asked you to take part.";
  card("Thank you", [paragraph(record.sent ? sent : unsent)], [download, again]);
  announce(record.sent ? sent : unsent);
}

// Only the study's own server takes answers; on any other host this fails, and the download remains.
async function send(text) {
  try {
    const response = await fetch("results", { method: "POST", headers: { "Content-Type": "application/json" }, body: text });
    return response.status === 201;
  } catch {
    return false;
  }
}

function save(text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = element("a", { href: address, download: `faces-${definition.study.slice(0, 6)}-${record.person.slice(0, 8)}.json` });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function startOver() {
  const question = record.sent ? "Begin anew as another person?" : "The answers on this page are forgotten then. Did you download them?";
  if (!window.confirm(question)) return;
  store.clear();
  record = newRecord(definition, PART_NAMES);
  welcome();
}

function pressed(event) {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!asking) {
    const first = at("card-actions").querySelector("[data-first]");
    if (key === "Enter" && first && event.target.tagName !== "BUTTON") first.click();
    return;
  }
  if (key === "Backspace") {
    event.preventDefault();
    back();
    return;
  }
  const part = PARTS[record.order[asking.index].part];
  if (part.fields) chooseOption(part, key, event);
  const choice = (part.buttons ?? part.pictures ?? []).find((entry) => entry.keys.includes(key));
  if (choice) {
    event.preventDefault();
    answer(choice.answer);
  }
}

function chooseOption(part, key, event) {
  const form = at("answers");
  const field = part.fields.find((entry) => entry.options.some((option) => option.key === key));
  if (field) {
    form.elements[field.name].value = field.options.find((option) => option.key === key).value;
    form.onchange();
  } else if (key === "Enter" && event.target.tagName !== "BUTTON") {
    event.preventDefault();
    form.requestSubmit();
  }
}

function submitted(event) {
  event.preventDefault();
  if (!asking) return;
  const values = (PARTS[record.order[asking.index].part].fields ?? []).map((field) => at("answers").elements[field.name].value);
  if (values.length && values.every((value) => value)) answer(values.join(" "));
}

function begin() {
  document.title = definition.title;
  at("title").textContent = definition.title;
  at("credits").textContent = definition.credits.length ? `Photographs: ${definition.credits.join("; ")}` : "";
  document.documentElement.style.setProperty("--display", `${definition.display}px`);
  document.addEventListener("keydown", pressed);
  at("answers").addEventListener("submit", submitted);
  at("back").addEventListener("click", back);
  if (record.answers.length === record.order.length) finish();
  else if (record.answers.length === 0) welcome();
  else card("Welcome back", [paragraph("Your answers so far have been kept.")], [action("Go on", introduce, true)]);
  if (record.answers.length === 0) keep();
}

begin();
