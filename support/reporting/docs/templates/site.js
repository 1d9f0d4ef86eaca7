// What makes the pages more pleasant; they work without it.
"use strict";
const page = document.documentElement;
page.classList.add("js");

const memory = {
  get theme() { try { return localStorage.getItem("theme") || ""; } catch { return ""; } },
  set theme(value) { try { localStorage.setItem("theme", value); } catch { /* a page that may keep nothing */ } },
};
if (memory.theme) page.dataset.theme = memory.theme;

let loading;
function searchIndex() {
  loading ??= new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = "search.js";
    script.onload = () => resolve(window.entries.map(([at, title, place, words]) => {
      const all = `${title} ${place} ${words}`.toLowerCase();
      return { at, title, place, all };
    }));
    document.head.append(script);
  });
  return loading;
}

const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
const matches = (entry, words) => words.every((word) => entry.all.includes(word));

function rank(entry, words) {
  const title = entry.title.toLowerCase();
  const begins = title.startsWith(words.join(" ")) ? 10 : 0;
  return begins + words.filter((word) => title.includes(word)).length * 2 - entry.at.includes("#") * 0.5 - title.length / 500;
}

function addSearch() {
  const input = document.getElementById("search");
  const list = document.getElementById("found");
  let chosen = -1;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-controls", "found");
  input.setAttribute("aria-autocomplete", "list");
  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
  };
  const choose = (number) => {
    const links = list.querySelectorAll("a");
    chosen = links.length ? (number + links.length) % links.length : -1;
    links.forEach((link, place) => link.setAttribute("aria-selected", String(place === chosen)));
    if (chosen >= 0) {
      input.setAttribute("aria-activedescendant", links[chosen].id);
      links[chosen].scrollIntoView({ block: "nearest" });
    }
  };
  const link = (entry, number) => {
    const made = document.createElement("a");
    made.href = entry.at;
    made.id = `found-${number}`;
    made.role = "option";
    made.tabIndex = -1;
    const place = document.createElement("span");
    place.textContent = entry.place;
    made.append(entry.title, place);
    return made;
  };
  const find = async () => {
    const words = wordsOf(input.value);
    if (!words.length) return show(false);
    const found = (await searchIndex()).filter((entry) => matches(entry, words));
    found.sort((one, other) => rank(other, words) - rank(one, words));
    const nothing = document.createElement("p");
    nothing.textContent = "Nothing has all of these words.";
    list.replaceChildren(...(found.length ? found.slice(0, 12).map(link) : [nothing]));
    show(true);
    choose(0);
  };
  show(false);
  input.addEventListener("input", find);
  input.addEventListener("focus", find);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !list.hidden && list.querySelector("[aria-selected=true]")) {
      event.preventDefault();
      location.href = list.querySelector("[aria-selected=true]").href;
      show(false);
    } else if (event.key === "Escape") {
      show(false);
    }
  });
  document.addEventListener("click", (event) => event.target.closest(".search") || show(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      input.focus();
    }
  });
}

function addFilter(form) {
  const rows = [...document.querySelectorAll(".scenarios tbody tr")];
  const given = new URLSearchParams(location.search);
  for (const name of ["q", "tag", "outcome", "rule"]) {
    const value = given.get(name) || "";
    const field = form.elements[name];
    if (value && field.options && ![...field.options].some((option) => option.value === value)) field.append(new Option(value));
    field.value = value;
  }
  const apply = async () => {
    const { q, tag, outcome, rule } = Object.fromEntries(new FormData(form));
    const words = wordsOf(q);
    const found = words.length ? new Set((await searchIndex()).filter((entry) => matches(entry, words)).map((entry) => entry.at)) : null;
    for (const row of rows) {
      const { at, tags, outcome: result, rule: shown } = row.dataset;
      row.hidden = !((!found || found.has(at)) && (!tag || tags.split(" ").includes(tag)) && (!outcome || outcome === result) && (!rule || rule === shown));
    }
    for (const section of document.querySelectorAll(".list")) section.hidden = !section.querySelector("tbody tr:not([hidden])");
    form.querySelector("output").value = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    try { history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}${location.hash}`); } catch { /* some browsers forbid it in files */ }
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  apply();
}

function addTheme(button) {
  const next = { "": "dark", dark: "light", light: "" };
  const label = () => { button.textContent = { "": "Auto", dark: "Dark", light: "Light" }[memory.theme]; };
  button.hidden = false;
  button.title = "Colours: as the system says, dark or light";
  button.addEventListener("click", () => {
    memory.theme = next[memory.theme];
    page.dataset.theme = memory.theme;
    label();
  });
  label();
}

function followReading(toc) {
  const links = new Map([...toc.querySelectorAll("a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const watch = new IntersectionObserver((seen) => {
    const first = seen.find((one) => one.isIntersecting);
    if (!first) return;
    links.forEach((link) => link.classList.remove("here"));
    links.get(first.target.id)?.classList.add("here");
  }, { rootMargin: "-10% 0px -70% 0px" });
  links.forEach((_, id) => document.getElementById(id) && watch.observe(document.getElementById(id)));
}

function addCopy(command) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(command.textContent);
    button.textContent = "Copied";
  });
  command.before(button);
}

document.addEventListener("DOMContentLoaded", () => {
  addSearch();
  addTheme(document.querySelector(".theme"));
  const form = document.querySelector(".filter");
  if (form) addFilter(form);
  if (navigator.clipboard) document.querySelectorAll(".curl pre").forEach(addCopy);
  const menu = document.getElementById("menu");
  const here = menu.querySelector("[aria-current]");
  if (here) menu.scrollTop = here.offsetTop - menu.clientHeight / 2;
  const toc = document.getElementById("toc");
  if (toc) followReading(toc);
});
