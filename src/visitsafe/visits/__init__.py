"""On the way: reports, which visit is meant, who answers an alarm, the card."""
