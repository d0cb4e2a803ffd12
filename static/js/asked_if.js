// Hides the questions of a checklist that the answers so far do not ask for. Without it each says when it is asked.
const questions = [...document.querySelectorAll("[data-asked-if]")];
const form = questions[0]?.closest("form");

function answersOf(name) {
  return new FormData(form).getAll(name);
}

function look() {
  for (const question of questions) {
    const conditions = JSON.parse(question.dataset.askedIf);
    question.hidden = !conditions.every(([name, keys]) => answersOf(name).some((answer) => keys.includes(answer)));
  }
  for (const section of form.querySelectorAll("[data-section]")) {
    section.hidden = [...section.querySelectorAll("[data-asked-if], [data-always]")].every((question) => question.hidden);
  }
}

if (form) {
  for (const words of form.querySelectorAll("[data-only]")) words.hidden = true;
  form.addEventListener("change", look);
  look();
}
