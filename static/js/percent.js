// Running percentages: <output data-percent-of="trained/needing" data-target="85">, hidden while a part is missing.

function count(form, name) {
  const typed = (form.elements[name]?.value ?? "").replace(/[,\s]/g, "");
  return /^\d+$/.test(typed) ? Number(typed) : null;
}

// One decimal, half up, in whole numbers throughout: 1 of 8 is 12.5, 1 of 16 is 6.3.
function percentage(part, whole) {
  const tenths = Math.floor((2000 * part + whole) / (2 * whole));
  return `${Math.floor(tenths / 10)}.${tenths % 10} %`;
}

function show(output) {
  const [partName, wholeName] = output.dataset.percentOf.split("/");
  const form = output.closest("form") ?? document.forms[0];
  const part = count(form, partName);
  const whole = count(form, wholeName);
  output.hidden = part === null || !whole;
  if (output.hidden) {
    return;
  }
  const counts = `${percentage(part, whole)} – ${part.toLocaleString("en-GB")} of ${whole.toLocaleString("en-GB")}`;
  const target = Number(output.dataset.target);
  const met = part * 100 >= target * whole;
  output.textContent = target ? `${counts}, ${met ? "meets" : "below"} the target of ${target} %` : counts;
  output.classList.toggle("portal-meets-target", Boolean(target) && met);
  output.classList.toggle("portal-below-target", Boolean(target) && !met);
}

const outputs = [...document.querySelectorAll("[data-percent-of]")];
const showAll = () => outputs.forEach(show);

if (outputs.length) {
  document.addEventListener("input", showAll);
  window.addEventListener("pageshow", showAll);
  showAll();
}
