"""The straightforward version once more, with django-hordak keeping its books."""
