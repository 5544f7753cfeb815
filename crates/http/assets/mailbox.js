// Copies codes, and shows new mails: at once while no mail is open, else behind a notice, so that nothing read is lost.
"use strict";

const POLL_MILLISECONDS = 3000;
const page = document.querySelector("[data-newest]");
const notice = document.getElementById("fresh");

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const digits = button.parentElement.querySelector(".digits");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    } catch {
      getSelection().selectAllChildren(digits);
    }
  });
}

async function poll() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/dev/mailbox", { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const [newest] = await answer.json();
    if ((newest?.id ?? "") === page.dataset.newest) return;
    const reading = document.querySelector("details[open]") || !getSelection().isCollapsed;
    if (reading) {
      notice.hidden = false;
    } else {
      location.reload();
    }
  } catch {
    // The service is away, most likely restarting: the next round asks again.
  }
}

setInterval(poll, POLL_MILLISECONDS);
document.addEventListener("visibilitychange", poll);
