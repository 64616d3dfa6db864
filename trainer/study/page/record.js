"use strict";
// What is kept of a person: who (a random number), the order of the questions, the answers.

const RESULT_FORMAT = "facegan-study-result/1";

function randomBelow(limit) {
  // Draws again above the largest multiple of `limit`, so that every number is equally likely.
  const highest = Math.floor(2 ** 32 / limit) * limit;
  const draw = new Uint32Array(1);
  do crypto.getRandomValues(draw); while (draw[0] >= highest);
  return draw[0] % limit;
}

function shuffled(items) {
  const result = items.slice();
  for (let last = result.length - 1; last > 0; last--) {
    const other = randomBelow(last + 1);
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}

function randomName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function newRecord(definition, parts) {
  const deck = randomBelow(definition.decks.length);
  const order = [];
  for (const part of parts) {
    for (const [show, milliseconds] of shuffled(definition.decks[deck][part])) {
      order.push({ part, show: shuffled(show), milliseconds });
    }
  }
  return { person: randomName(), deck, order, answers: [], seen: 0, started: null, finished: null };
}

function crc32(text) {
  let rest = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return ((rest ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
}

function resultOf(definition, record) {
  const answers = record.order.map((question, index) => ({
    part: question.part,
    show: question.show.map((picture) => definition.pictures[picture]),
    answer: record.answers[index].answer,
    ms: record.answers[index].ms,
  }));
  const lines = [RESULT_FORMAT, `${definition.study} ${definition.digest} ${record.person} ${record.deck}`];
  for (const { part, show, answer, ms } of answers) lines.push([part, show.join(","), answer, ms].join("|"));
  return {
    format: RESULT_FORMAT,
    study: definition.study,
    digest: definition.digest,
    person: record.person,
    deck: record.deck,
    started: record.started,
    finished: record.finished,
    answers,
    checksum: crc32(lines.join("\n")),
  };
}

// A browser can refuse storage (private windows, site settings); then the record lives until the page is left.
function openStore(definition) {
  const name = `facegan-study:${definition.study}:${definition.digest}`;
  const refuses = (action) => {
    try { action(); return false; } catch { return true; }
  };
  const forgetful = refuses(() => { localStorage.setItem(`${name}:probe`, "1"); localStorage.removeItem(`${name}:probe`); });
  return {
    forgetful,
    read() {
      if (forgetful) return null;
      try { return JSON.parse(localStorage.getItem(name)); } catch { return null; }
    },
    write(record) { return forgetful || !refuses(() => localStorage.setItem(name, JSON.stringify(record))); },
    clear() { if (!forgetful) localStorage.removeItem(name); },
  };
}
