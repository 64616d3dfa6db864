"use strict";
// What each part asks, and how it is answered: by buttons, by the pictures themselves, or by two rows of options.

function partsOf(definition) {
  const [female, male] = definition.sexes;
  const timed = definition.decks[0].real.some((question) => question[1] !== null);
  const glimpse = " The picture shows for a moment only: keep your eyes on the cross that comes before it.";
  const single = {
    prompt: "A photograph, or made by a computer?",
    title: "Real or made?",
    text: "Some of these faces are photographs of people. The others were made by a computer: nobody looks like that. " +
      "Say for each which it is. About half are photographs.",
    seconds: 4,
    buttons: [
      { answer: "photograph", text: "Photograph", keys: ["ArrowLeft", "1"], hint: "←" },
      { answer: "made", text: "Made", keys: ["ArrowRight", "2"], hint: "→" },
    ],
  };
  const pair = {
    prompt: "Which one is the photograph?",
    title: "Which one is real?",
    text: "You see two faces at a time. One is a photograph of a person, the other was made by a computer: nobody looks " +
      "like that. Choose the photograph.",
    seconds: 5,
    pictures: [
      { answer: "left", text: "Left", keys: ["ArrowLeft", "1"], hint: "←" },
      { answer: "right", text: "Right", keys: ["ArrowRight", "2"], hint: "→" },
    ],
  };
  const real = definition.protocol === "pair" ? pair : single;
  if (timed) real.text += glimpse;
  return {
    real: { ...real, timed },
    labels: {
      prompt: "Who is this?",
      title: "Who is this?",
      text: "Say for each face whether it looks female or male to you, and how old. Real or made does not matter here. " +
        "If in doubt, follow your first impression.",
      seconds: 6,
      fields: [
        { name: "sex", legend: "Sex", options: [
          { value: female, text: "Female", key: "f" }, { value: male, text: "Male", key: "m" }] },
        { name: "age", legend: "Age in years", options: definition.groups.map(
          (group, index) => ({ value: group, text: group.replace("-", "–"), key: String(index + 1) })) },
      ],
    },
    background: {
      prompt: "Would you put this face in the background of a shot?",
      title: "Good enough for the background?",
      text: "Think of a crowd in a film: this face belongs to an extra far behind the actors, small and a little out of " +
        "focus. Would you put it there? Real or made does not matter here.",
      seconds: 3,
      buttons: [
        { answer: "yes", text: "Yes", keys: ["ArrowLeft", "1", "y"], hint: "←" },
        { answer: "no", text: "No", keys: ["ArrowRight", "2", "n"], hint: "→" },
      ],
    },
  };
}

function element(name, properties = {}, children = []) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

function keyHint(text) {
  const hint = element("kbd", { textContent: text });
  hint.setAttribute("aria-hidden", "true");
  return hint;
}

function pictureFrame(name) {
  return element(name, { className: "picture" }, [element("img", { alt: "", draggable: false, className: "unseen" })]);
}

// Fills the stage and the form for one part; `answer` is called with what the person chose.
function layOut(part, stage, form, answer) {
  stage.replaceChildren();
  form.replaceChildren();
  form.onchange = null;
  form.className = part.fields ? "fields" : "";
  stage.className = part.pictures ? "two" : "";
  if (part.pictures) {
    for (const choice of part.pictures) {
      const frame = pictureFrame("button");
      frame.type = "button";
      frame.setAttribute("aria-label", `${choice.text} picture`);
      frame.setAttribute("aria-keyshortcuts", choice.keys.join(" "));
      frame.addEventListener("click", () => answer(choice.answer));
      stage.append(element("div", { className: "column" }, [frame, element("span", {}, [choice.text, keyHint(choice.hint)])]));
    }
    return;
  }
  stage.append(pictureFrame("figure"));
  for (const choice of part.buttons ?? []) {
    const button = element("button", { type: "button" }, [choice.text, keyHint(choice.hint)]);
    button.setAttribute("aria-keyshortcuts", choice.keys.join(" "));
    button.addEventListener("click", () => answer(choice.answer));
    form.append(button);
  }
  if (part.fields) layOutFields(part.fields, form);
}

function layOutFields(fields, form) {
  const next = element("button", { type: "submit", className: "first", disabled: true }, ["Next", keyHint("Enter")]);
  for (const field of fields) {
    const options = field.options.map((option) => {
      const input = element("input", { type: "radio", name: field.name, value: option.value });
      input.setAttribute("aria-keyshortcuts", option.key);
      return element("label", { className: "option" }, [input, element("span", {}, [option.text, keyHint(option.key.toUpperCase())])]);
    });
    form.append(element("fieldset", {}, [
      element("legend", { textContent: field.legend }), element("div", { className: "options" }, options)]));
  }
  form.onchange = () => { next.disabled = fields.some((field) => !form.elements[field.name].value); };
  form.append(next);
}
