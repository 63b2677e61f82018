// Tables sort by the button in each heading; the button on top switches light and dark; printing opens what is folded.
for (const table of document.querySelectorAll("table")) {
  table.querySelectorAll("th").forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    heading.scope = "col";
    button.addEventListener("click", () => {
      const rising = heading.getAttribute("aria-sort") !== "ascending";
      const value = (row) => row.cells[column]?.textContent.trim() ?? "";
      const known = (row) => value(row) !== "" && value(row) !== "–";
      const body = table.tBodies[0];
      const rows = [...body.rows].sort((one, other) => {
        if (!known(one) || !known(other)) return Number(known(other)) - Number(known(one));
        const [x, y] = [parseFloat(value(one)), parseFloat(value(other))];
        const words = Number.isNaN(x) || Number.isNaN(y);
        const order = words ? value(one).localeCompare(value(other), undefined, { numeric: true }) : x - y;
        return rising ? order : -order;
      });
      table.querySelectorAll("th").forEach((each) => each.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
      body.append(...rows);
    });
  });
}
const theme = document.getElementById("theme");
theme.hidden = false;
theme.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
});
