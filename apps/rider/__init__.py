"""The rider's app in the browser: pages for those who look for deals; it has no tables and no rules."""
