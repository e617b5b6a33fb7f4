"""Whether a feed is going to be there at the next opening, and if not, what is wrong, worst first.

One pure judgement over frozen facts, with `now` as an argument: `judging.readiness`. The operator asks it for
its metrics and conditions; a command and the console fill in the same facts and show the same verdict.
"""
