// A model's card.

const UNITS = {
  lstm: "LSTM units",
  "layer-norm-lstm": "layer-normalised LSTM units",
  dense: "dense units",
};
const card = document.getElementById("card");

card.addEventListener("click", (event) => {
  if (event.target === card) card.close(); // beside it, on what it covers
});

/** Show the card of a model. */
export function showCard(model) {
  const subject = model.categories.length ? `: ${model.categories.join(", ")}` : "";
  document.getElementById("card-title").textContent = model.name;
  document.getElementById("card-words").textContent =
    `DRAW, trained on ${model.data}${subject}.` +
    (model.data === "quickdraw" ? " Drawings by players of Quick, Draw! (Google, CC BY 4.0)." : "");
  document.getElementById("card-facts").replaceChildren(...Object.entries(facts(model)).map(row));
  card.showModal();
}

function facts(model) {
  const found = {
    weights: number(model.weights),
    picture: model.shape.slice(1).join(" × ") + (model.shape[0] === 1 ? ", ink" : ", colour"),
    "steps, T": model.num_steps,
    "latents a step, Z": model.latent_size,
    [UNITS[model.cell]]: model.hidden_size,
    reads: grid(model.read_grid),
    writes: grid(model.write_grid),
    targets: model.binarisation,
    noise: model.protocol,
    training: `${number(model.iterations)} iterations of ${model.batch_size}`,
  };
  if (model.validation_distortion !== null) {
    found["distortion, validation"] = nats(model.validation_distortion);
    found["rate, validation"] = nats(model.validation_rate);
  }
  if (model.test_drawings) found["test drawings compared"] = number(model.test_drawings);
  return found;
}

function row([name, value]) {
  const pair = document.createElement("div");
  const term = document.createElement("dt");
  const detail = document.createElement("dd");
  term.textContent = name;
  detail.textContent = value;
  pair.append(term, detail);
  return pair;
}

function number(value) {
  return value.toLocaleString("en");
}

function nats(value) {
  return `${value.toFixed(1)} nats`;
}

function grid(size) {
  return size ? `${size} × ${size} filters` : "the whole picture";
}
