"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const words = document.getElementById("words");
  const outcome = document.getElementById("outcome");
  const shown = document.getElementById("shown");
  const rows = [...document.querySelectorAll("tr[data-outcome]")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const apply = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, i) => {
      const fits = (!outcome.value || row.dataset.outcome === outcome.value)
        && wanted.every((word) => texts[i].includes(word));
      row.hidden = !fits;
      if (fits) count += 1;
    });
    shown.textContent = `${count} of ${rows.length} shown`;
  };
  const start = new URLSearchParams(location.hash.slice(1));
  outcome.value = start.get("show") || "";
  words.value = start.get("search") || "";
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", apply);
  apply();
})();
