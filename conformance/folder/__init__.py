"""The platform folder as text: what it says, promises, contradicts and leaves uncovered."""
