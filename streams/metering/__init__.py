"""How much media was processed: summed by hour and by day, for each library, as it is billed."""
