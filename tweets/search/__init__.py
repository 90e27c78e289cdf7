"""Finding tweets: what may be asked (`query`), and what is found (`find`)."""
