"""An invented world to look at: organisations, people and three years of Prevent returns, made by real acts.

`organisations.py` and `people.py` say who there is, `figures.py` what they answer, `returns.py` what happens to each
return and when, and `loading.py` puts it all into an empty database.
"""
