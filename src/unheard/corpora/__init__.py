"""The corpora, one file each: a card (`CARD`) and a reader (`read`) that yields utterances."""
