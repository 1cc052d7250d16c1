"""From an audit to documents: ``build`` makes a Report, the other modules render it. Pure."""
