"""The pro-formas as data: for each version a workbook and a map that says which cell takes which answer.

The official pro-forma is not public. Version 1.0 is ours; when the official one is known, it becomes another folder.
"""
