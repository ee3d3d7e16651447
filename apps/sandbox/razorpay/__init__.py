"""A stand-in for Razorpay and RazorpayX: the same paths and shapes, and nobody's money."""
