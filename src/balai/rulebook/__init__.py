"""Which policy pack is in force in this house, who decided it, and what came before it."""
