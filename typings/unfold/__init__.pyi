# What this tree uses of django-unfold, which brings no types.
