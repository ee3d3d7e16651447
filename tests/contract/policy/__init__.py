"""
The one policy of the API: who may do what with which object, and what everybody else is answered.

`rows` has one row for each route, `actors` everybody who may come, `scene` the objects they come for.
A new route needs a row; without one `test_policy.py` is red.
"""
