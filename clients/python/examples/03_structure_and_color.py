# ruff: noqa: INP001, T201 - a script that prints
"""Choosing structure and colors: what the catalog offers, a pattern with parameters, a palette, a blend of two classes.

python 03_structure_and_color.py [HOST:PORT]
"""

import sys

from morphogen_client import DEFAULT_SERVER, Blend, Client, Pattern

with Client(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_SERVER) as client:
    (generator,) = client.catalog("texture")
    print("classes:", ", ".join(generator.classes))
    for attribute in generator.attributes:
        print(f"attribute {attribute.name}: {attribute.minimum} to {attribute.maximum}")
    for pattern in generator.patterns:
        print(f"pattern {pattern.name}: {', '.join(parameter.name for parameter in pattern.parameters)}")

    first_class, second_class = generator.classes[:2]
    chosen = generator.patterns[0]
    parameters = {parameter.name: parameter.minimum for parameter in chosen.parameters[:1]}
    client.texture(first_class, pattern=Pattern(chosen.name, parameters)).save("out/03_pattern")
    client.texture(first_class, palette=["#40302a", "#8a6a52", "#d8c3a5"]).save("out/03_palette")
    client.texture(first_class, blend=Blend(second_class, amount=0.4)).save("out/03_blend")
