"""The pages about people and organisations, one file for each subject."""
