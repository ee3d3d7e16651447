"""The business app in the browser: pages for those who act for a merchant; it has no tables and no rules."""
