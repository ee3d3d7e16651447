// Before anything is painted: the theme that was chosen here, or the system's.
const chosen = localStorage.getItem("console-theme") ?? "auto";
const dark = chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.classList.toggle("dark", dark);
