// What moves on the operators' console. Alpine's build for strict policies reads the attributes of django-unfold's
// templates with a parser of its own, without `eval`: property paths, comparisons, assignments and calls, no globals.
import Alpine from "@alpinejs/csp";

const THEME = "console-theme";
const SIDEBAR = "console-sidebar";
const dark = matchMedia("(prefers-color-scheme: dark)");

Alpine.data("theme", () => ({
  filterOpen: false,
  adminTheme: localStorage.getItem(THEME) ?? "auto",
  init() {
    const paint = () => {
      const isDark = this.adminTheme === "dark" || (this.adminTheme === "auto" && dark.matches);
      document.documentElement.classList.toggle("dark", isDark);
    };
    this.$watch("adminTheme", paint);
    dark.addEventListener("change", paint);
    this.$watch("filterOpen", (open) => document.body.classList.toggle("overflow-hidden", open));
  },
  switchTheme(chosen) {
    this.adminTheme = chosen;
    localStorage.setItem(THEME, chosen);
  },
}));

Alpine.data("page", () => ({
  sidebarMobileOpen: false,
  sidebarDesktopOpen: localStorage.getItem(SIDEBAR) !== "closed",
  toggleSidebar() {
    this.sidebarDesktopOpen = !this.sidebarDesktopOpen;
    localStorage.setItem(SIDEBAR, this.sidebarDesktopOpen ? "open" : "closed");
  },
}));

// Of a list: "/" goes to what searches it, unless somebody is typing.
Alpine.data("searchForm", () => ({
  applyShortcut(event) {
    if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    this.$refs.searchInput.focus();
  },
}));

// On a phone a row is a card; what stands before each value begins as the head of its column does.
for (const cell of document.querySelectorAll("#result_list [data-label]")) {
  cell.dataset.label = cell.dataset.label.charAt(0).toUpperCase() + cell.dataset.label.slice(1);
}

Alpine.start();
document.querySelector("#nav-sidebar-apps .here")?.scrollIntoView({ block: "nearest" });
