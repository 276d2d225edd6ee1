"""Stage 4, takeaways and insights → an edition: what there is to say this month, in order."""

from digest.edition.compose import Imprint, Material, card_of, compose
from digest.edition.editorial import Editorial

__all__ = ["Editorial", "Imprint", "Material", "card_of", "compose"]
