// Shows the status of the server and keeps it current by long polling. Everything that comes from outside is set as text, never as markup.
"use strict";

const WAIT_SECONDS = 25;
const PAUSE_MILLISECONDS = 3000;

const PHASES = [
  ["advertise", "Keys"],
  ["confirm", "Confirmation"],
  ["ready", "Ready"],
  ["mask", "Masked vectors"],
  ["survive", "Dropouts"],
  ["unmask", "Opening"],
  ["sum", "Sum"],
];

const STEP_TEXT = {
  idle: "Set-up has not begun.",
  advertise: "Set-up: parties send their keys",
  confirm: "Set-up: parties confirm each other's keys",
  ready: "Keys are confirmed. The next round can start.",
  mask: "parties send their masked vectors",
  survive: "parties left; the others agree on who remains",
  unmask: "parties open the sum of those who remain",
  sum: "the server adds up",
  finished: "The last round has ended. The next one can start.",
};

const MEMBER_KIND = {
  "waited for": "wait",
  answered: "good",
  ready: "good",
  "dropped out": "bad",
  "left out": "bad",
  away: "wait",
  absent: "quiet",
  closed: "quiet",
};

// The token comes behind the # of the address, which browsers keep to themselves, and then lives as long as the tab.
function viewToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem("token") ?? "";
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function names(run, ids) {
  const known = new Map(run.members.map((member) => [member.id, member.name]));
  return ids.map((id) => known.get(id) ?? id).join(", ");
}

function waitedFor(run) {
  return run.members.filter((member) => member.state === "waited for").map((member) => member.name);
}

function stepText(run) {
  if (run.state === "closed") return "This run is closed.";
  const inRound = ["mask", "survive", "unmask", "sum"].includes(run.step);
  let text = inRound ? `Round ${run.round}: ${STEP_TEXT[run.step]}` : STEP_TEXT[run.step] ?? run.step;
  const waiting = waitedFor(run);
  if (waiting.length > 0) {
    text += `. Waiting for ${waiting.join(", ")}`;
    if (run.seconds_left !== null) text += `, at most ${Math.ceil(run.seconds_left)} s more`;
    text += ".";
  } else if (inRound) {
    text += ".";
  }
  if (run.new_setup_wanted) text += " Keys are renewed before the next round.";
  return text;
}

function noiseText(run) {
  if (!run.noise) return "";
  const { deviation, clip, parts, honest } = run.noise;
  const what = parts === 1 ? "a vector" : `${parts} vectors`;
  const members = honest === 1 ? "1 honest party" : `${honest} honest parties`;
  return `Private: each party clips ${what} to the norm ${clip.toPrecision(4)} and adds noise of deviation ${deviation.toPrecision(4)}; every sum holds that of at least ${members}.`;
}

function phaseItems(run) {
  const current = PHASES.findIndex(([step]) => step === (run.step === "finished" ? "ready" : run.step));
  return PHASES.map(([step, title], index) => {
    const item = element("li", title, { "data-step": step });
    if (run.state === "open" && index < current) item.setAttribute("data-done", "");
    if (run.state === "open" && index === current) item.setAttribute("aria-current", "step");
    return item;
  });
}

function partyRow(member) {
  const row = element("tr", undefined, { "data-party": member.id });
  const state = element("td");
  state.append(element("span", member.state, { class: "mark", "data-kind": MEMBER_KIND[member.state] ?? "quiet" }));
  row.append(element("td", member.name), state, element("td", member.fingerprint, { class: "key" }));
  return row;
}

function roundRow(round) {
  const row = element("tr", undefined, { "data-round": round.round });
  const ended = round.state === "ended";
  const outcome = element("td");
  const good = ended && round.outcome === 0;
  const text = !ended ? (round.state === "open" ? "in progress" : "waits for set-up") : good ? "sum opened" : `ended: ${round.reason}`;
  outcome.append(element("span", text, { class: "mark", "data-kind": !ended ? "wait" : good ? "good" : "bad" }));
  const inSum = good ? `${round.survivors} of ${round.participants}` : "";
  const seconds = ended && round.begun !== null ? (round.ended - round.begun).toFixed(1) : "";
  row.append(
    element("td", String(round.round), { class: "number" }),
    outcome,
    element("td", inSum, { class: "number" }),
    element("td", seconds, { class: "number" }),
  );
  return row;
}

function refusalItem(run, refusal) {
  const who = names(run, [refusal.member]);
  const whom = refusal.accused === null ? "" : ` because of ${names(run, [refusal.accused])}`;
  const when = refusal.round === 0 ? `set-up ${refusal.epoch}` : `round ${refusal.round}`;
  return element("li", `${when}: ${who} refused${whom}: ${refusal.reason}`);
}

function runArticle(run) {
  const article = document.getElementById("run-template").content.firstElementChild.cloneNode(true);
  article.dataset.run = run.run;
  article.querySelector("h2").textContent = run.name;
  const state = article.querySelector(".state");
  state.textContent = run.state;
  state.dataset.kind = run.state === "open" ? "good" : "quiet";
  article.querySelector(".phases").replaceChildren(...phaseItems(run));
  article.querySelector(".now").textContent = stepText(run);
  const noise = article.querySelector(".noise");
  noise.textContent = noiseText(run);
  noise.hidden = !run.noise;
  article.querySelector(".run-id").textContent = run.run;
  article.querySelector(".run-hash").textContent = run.hash;
  article.querySelector(".parties tbody").replaceChildren(...run.members.map(partyRow));
  article.querySelector(".rounds tbody").replaceChildren(...run.rounds.map(roundRow));
  article.querySelector(".rounds-part").hidden = run.rounds.length === 0;
  article.querySelector(".refusals").replaceChildren(...run.refusals.map((refusal) => refusalItem(run, refusal)));
  article.querySelector(".refusals-part").hidden = run.refusals.length === 0;
  return article;
}

// What a person who does not look at the page should hear: steps, not every message.
let told = "";
function tell(runs) {
  const text = runs.filter((run) => run.state === "open").map((run) => `${run.name}: ${stepText(run).replace(/, at most \d+ s more/, "")}`).join(" ");
  if (text !== told) {
    told = text;
    document.getElementById("news").textContent = text;
  }
}

// A run that has not changed keeps its place in the document, and with it whatever is selected there.
const shown = new Map();

function show(status) {
  const main = document.getElementById("runs");
  const ids = new Set(status.runs.map((run) => run.run));
  for (const [id, entry] of shown) {
    if (!ids.has(id)) {
      entry.article.remove();
      shown.delete(id);
    }
  }
  for (const run of status.runs) {
    const deadline = run.seconds_left === null ? null : performance.now() + 1000 * run.seconds_left;
    const content = JSON.stringify({ ...run, seconds_left: null });
    const known = shown.get(run.run);
    if (known?.content === content) {
      known.deadline = deadline;
      main.append(known.article);
      continue;
    }
    const article = runArticle(run);
    known?.article.remove();
    main.append(article);
    shown.set(run.run, { run, content, deadline, article });
  }
  document.getElementById("empty").hidden = status.runs.length > 0;
  main.setAttribute("aria-busy", "false");
  tell(status.runs);
}

function countDown() {
  for (const { run, deadline, article } of shown.values()) {
    if (deadline === null) continue;
    const left = Math.max(0, (deadline - performance.now()) / 1000);
    article.querySelector(".now").textContent = stepText({ ...run, seconds_left: left });
  }
}

function connection(state, text) {
  const mark = document.getElementById("connection");
  mark.dataset.state = state;
  if (mark.textContent !== text) mark.textContent = text;
}

async function about() {
  const answer = await fetch("/v1/health");
  const health = await answer.json();
  document.getElementById("fingerprint").textContent = health.fingerprint;
  document.getElementById("version").textContent = health.version;
}

async function follow() {
  const headers = { Authorization: `Bearer ${viewToken()}` };
  let version = null;
  for (;;) {
    try {
      const query = version === null ? "" : `?after=${version}&wait=${WAIT_SECONDS}`;
      const answer = await fetch(`/v1/status${query}`, { headers, cache: "no-store" });
      if (answer.status === 401) {
        connection("lost", "Needs the address with the view token");
        return;
      }
      if (answer.status === 200) {
        const status = await answer.json();
        version = status.version;
        show(status);
      } else if (answer.status !== 204) {
        throw new Error(`status ${answer.status}`);
      }
      connection("live", "Live");
    } catch {
      connection("lost", "Connection lost; trying again");
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
    }
  }
}

setInterval(countDown, 1000);
about().catch(() => {});
follow();
