"""Ledger, Razorpay and bank laid side by side: what fits is linked, all else is a finding."""
