"""Attacks on a running suite with the story in it: each is tried as an attacker would, and must be held off."""
