// Light or dark: as the system says, until somebody chooses; the choice is kept by the browser where it lets us.

const KEY = "simulator-theme";

export function createTheme() {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try { chosen = localStorage.getItem(KEY); } catch { /* a file or a strict browser keeps nothing */ }
  const listeners = [];
  const dark = () => (chosen ? chosen === "dark" : system.matches);
  const apply = () => {
    root.dataset.theme = dark() ? "dark" : "light";
    for (const act of listeners) act();
  };
  system.addEventListener("change", apply);
  apply();
  return {
    dark,
    listen: (act) => listeners.push(act),
    turn() {
      chosen = dark() ? "light" : "dark";
      try { localStorage.setItem(KEY, chosen); } catch { /* then it lasts as long as the page */ }
      apply();
    },
  };
}
