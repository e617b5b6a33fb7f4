"""What the operator knows and concludes: frozen values in, decisions out, `now` as an argument."""
