// Says on the page, not in the console, that a passkey was not used.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const place = document.querySelector("[data-passkey-problem]");
  if (place) {
    place.className = "portal-autosave--failed";
    place.textContent = "The passkey was not used. Try again, or go on without it.";
  }
});
