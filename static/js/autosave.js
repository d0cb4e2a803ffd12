// Saves a form while it is being filled in: <form data-autosave="address">, with its say in [data-autosave-status].
//
// The rules: one request at a time; what was typed is never taken off the page; a page with something unsaved does
// not close without asking; and pressing "Save and continue" waits for a save on its way, whose revision it needs.

const WAIT = 1000; // milliseconds of quiet before a save
const PATIENCE = 20000; // milliseconds before a request counts as lost
const RETRY = 15000; // milliseconds between tries while the network or the server is away

const KEPT = "What you typed is still on this page.";
const WORDS = {
  signedOut: `Not saved. ${KEPT} Sign in again in another tab, then choose Save and continue.`,
  refused: `Not saved. ${KEPT} You may no longer change this section, or you act for another organisation in another tab.`,
  conflict: `Not saved. ${KEPT} Somebody changed this section after you opened it. Open it again in another tab to compare.`,
  offline: `Not saved. ${KEPT} The portal cannot be reached. We will keep trying.`,
  failed: `Not saved. ${KEPT} Something went wrong at our end. We will keep trying.`,
  invalid: `Not saved. ${KEPT} Check your answers.`,
};

class Autosave {
  constructor(form) {
    this.form = form;
    this.status = document.querySelector("[data-autosave-status]");
    this.typed = 0; // counts changes; what is saved is how far it had got
    this.saved = 0;
    this.trouble = null; // a key of WORDS
    this.onItsWay = null; // the promise of the one request
    this.leaving = false;

    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.changed());
    form.addEventListener("submit", (event) => this.submitted(event));
    window.addEventListener("beforeunload", (event) => {
      if (this.isUnsaved && !this.leaving) {
        event.preventDefault();
      }
    });
    window.addEventListener("pageshow", () => (this.leaving = false));
    window.addEventListener("online", () => this.save());
    document.addEventListener("visibilitychange", () => this.save());
  }

  get isUnsaved() {
    return this.typed > this.saved;
  }

  changed() {
    this.typed += 1;
    this.later(WAIT);
  }

  later(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), milliseconds);
  }

  async save() {
    clearTimeout(this.timer);
    if (this.leaving || this.onItsWay || !this.isUnsaved) {
      return;
    }
    this.onItsWay = this.send();
    await this.onItsWay;
    this.onItsWay = null;
    if (this.trouble === "offline" || this.trouble === "failed") {
      this.later(RETRY);
    } else if (this.isUnsaved && !this.trouble) {
      this.later(WAIT);
    }
  }

  async send() {
    const typed = this.typed;
    this.say("Saving…");
    let answer = await this.post();
    if ((answer.trouble === "refused" || answer.trouble === "signedOut") && (await this.freshToken()) === null) {
      answer = await this.post(); // signed in again in another tab: only the form's token was old
    }
    this.trouble = answer.trouble;
    if (answer.trouble) {
      this.say(answer.message ?? WORDS[answer.trouble], true);
      return;
    }
    this.saved = typed;
    if (answer.revision !== undefined && this.form.elements.revision) {
      this.form.elements.revision.value = answer.revision;
    }
    this.say(`Saved at ${answer.saved_at}`);
  }

  // What the server said: its JSON when saved, else {trouble, message}.
  async post() {
    const body = new FormData(this.form);
    for (const [name, value] of [...body]) {
      if (value instanceof File) {
        body.delete(name);
      }
    }
    try {
      const response = await fetch(this.form.dataset.autosave, {
        method: "POST",
        body,
        headers: {
          Accept: "application/json",
          "X-CSRFToken": this.token?.value ?? "",
          "X-Requested-With": "autosave",
        },
        credentials: "same-origin",
        redirect: "manual",
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (response.type === "opaqueredirect" || response.status === 401) {
        return { trouble: "signedOut" };
      }
      const answer = await response.json().catch(() => null);
      if (response.ok && answer?.saved) {
        return answer;
      }
      return { trouble: this.cause(response, answer), message: this.told(answer) };
    } catch {
      return { trouble: "offline" };
    }
  }

  cause(response, answer) {
    if (response.status === 403 || response.status === 404) {
      return "refused";
    }
    if (response.status === 409) {
      return "conflict";
    }
    return answer && response.status < 500 ? "invalid" : "failed";
  }

  // What the server said in words, with the questions it found wrong; undefined when it said nothing.
  told(answer) {
    if (!answer?.message && !answer?.errors) {
      return undefined;
    }
    const said = answer.message ?? "Check your answers.";
    const whole = said.startsWith("Not saved") ? said : `Not saved. ${said} ${KEPT}`;
    const wrong = Object.entries(answer.errors ?? {}).map(([name, sentences]) => `${this.label(name)}${sentences[0]}`);
    return [whole, ...wrong].join(" ");
  }

  label(name) {
    const group = document.getElementById(`div_id_${name}`);
    const words = group?.querySelector("legend, label")?.textContent.trim();
    return words ? `${words.replace(/[^?]$/, "$&:")} ` : "";
  }

  get token() {
    return this.form.elements.csrfmiddlewaretoken;
  }

  // Signing in changes the token a form must carry. Takes the page's new one; returns the trouble there was, or null.
  async freshToken() {
    try {
      const page = await fetch(window.location.href, {
        credentials: "same-origin",
        headers: { "X-Requested-With": "autosave" },
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (page.status === 401) {
        return "signedOut";
      }
      const read = new DOMParser().parseFromString(await page.text(), "text/html");
      const fresh = read.querySelector("form[data-autosave] [name=csrfmiddlewaretoken]");
      if (!page.ok || !fresh) {
        return page.status >= 500 ? "failed" : "refused";
      }
      this.token.value = fresh.value;
      return null;
    } catch {
      return "offline";
    }
  }

  async submitted(event) {
    if (this.leaving) {
      return;
    }
    clearTimeout(this.timer);
    if (!this.onItsWay && !this.trouble) {
      this.leaving = true;
      return;
    }
    event.preventDefault();
    const button = event.submitter;
    await this.onItsWay;
    const trouble = this.trouble && (await this.freshToken());
    if (trouble === "signedOut" || trouble === "offline") {
      this.trouble = trouble;
      this.say(WORDS[trouble], true);
      return;
    }
    this.leaving = true;
    this.form.requestSubmit(button);
  }

  say(words, isTrouble = false) {
    if (this.status) {
      this.status.textContent = words;
      this.status.classList.toggle("portal-autosave--failed", isTrouble);
    }
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) {
  new Autosave(form);
}
