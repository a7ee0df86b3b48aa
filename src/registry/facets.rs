//! What the list filters by, as the bits of one number: a filter is a mask, and an index that carries the number
//! answers it without reading the row.

use super::Origin;
use crate::client::{ClientDraft, ClientKind, ClientType, GrantType, Standing};

/// Bits 0 to 2 standing, 3 and 4 type, 5 to 9 kind, from 10 on grants, 26 whether it registered itself. One bit each for
/// one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Facets(i64);

const STANDING: [Standing; 3] = [Standing::Active, Standing::Disabled, Standing::Held];
const TYPE_SHIFT: u32 = 3;
const KIND_SHIFT: u32 = 5;
const GRANT_SHIFT: u32 = 10;
/// More than there are grants.
const GRANT_BITS: u32 = 16;
const DYNAMIC_PLACE: u32 = GRANT_SHIFT + GRANT_BITS;

impl Facets {
    /// Those of one client.
    pub fn of(draft: &ClientDraft, standing: Standing) -> Self {
        let grants = draft
            .grant_types
            .iter()
            .fold(0, |bits, grant| bits | Self::grant(*grant).0);
        Self(
            Self::standing(standing).0
                | Self::client_type(draft.client_type()).0
                | (1 << (KIND_SHIFT + draft.kind() as u32))
                | grants,
        )
    }

    /// The bit of the origin of a client.
    pub fn origin(origin: Option<&str>) -> Self {
        match origin.and_then(Origin::parse) {
            Some(_) => Self::dynamic(),
            None => Self::none(),
        }
    }

    /// The bit of clients that registered themselves.
    pub fn dynamic() -> Self {
        Self(1 << DYNAMIC_PLACE)
    }

    /// From the file.
    pub fn from_bits(bits: i64) -> Self {
        Self(bits)
    }

    /// For the file.
    pub fn bits(self) -> i64 {
        self.0
    }

    /// The bit of one standing.
    pub fn standing(standing: Standing) -> Self {
        Self(match standing {
            Standing::Active => 1,
            Standing::Disabled => 2,
            Standing::Held => 4,
        })
    }

    /// The bit of one type.
    pub fn client_type(client_type: ClientType) -> Self {
        Self(1 << (TYPE_SHIFT + client_type as u32))
    }

    /// The bit of one grant.
    pub fn grant(grant: GrantType) -> Self {
        Self(1 << (GRANT_SHIFT + grant as u32))
    }

    /// The bits of all standings.
    pub fn standings() -> Self {
        Self(0b111)
    }

    /// The bits of all kinds.
    pub fn kinds() -> Self {
        Self(0b1_1111 << KIND_SHIFT)
    }

    /// The bits of all grants.
    pub fn grants() -> Self {
        Self(((1 << GRANT_BITS) - 1) << GRANT_SHIFT)
    }

    /// No bits: the mask that every client passes.
    pub fn none() -> Self {
        Self(0)
    }

    /// Both masks at once.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has every bit of a mask.
    pub fn pass(self, mask: Self) -> bool {
        self.0 & mask.0 == mask.0
    }

    /// Each bit that is set, by its place.
    pub fn places(self) -> impl Iterator<Item = u32> {
        (0..=DYNAMIC_PLACE).filter(move |place| self.0 & (1 << place) != 0)
    }

    /// The standing in it.
    pub fn its_standing(self) -> Option<Standing> {
        STANDING
            .into_iter()
            .find(|standing| self.pass(Self::standing(*standing)))
    }

    /// The kind in it.
    pub fn its_kind(self) -> Option<ClientKind> {
        ClientKind::ALL
            .iter()
            .copied()
            .find(|kind| self.0 & (1 << (KIND_SHIFT + *kind as u32)) != 0)
    }

    /// The grants in it, in the order of their definition.
    pub fn its_grants(self) -> Vec<GrantType> {
        GrantType::ALL
            .iter()
            .copied()
            .filter(|grant| self.pass(Self::grant(*grant)))
            .collect()
    }

    /// Its place among the standings, for sorting.
    pub fn standing_rank(self) -> i64 {
        self.0 & 0b111
    }

    /// Its place among the kinds, for sorting.
    pub fn kind_rank(self) -> i64 {
        (self.0 >> KIND_SHIFT) & 0b1_1111
    }

    /// Its place among the combinations of grants, for sorting.
    pub fn grants_rank(self) -> i64 {
        (self.0 & Self::grants().0) >> GRANT_SHIFT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_tell_what_they_were_made_of(
            kind in 0..ClientKind::ALL.len(), standing in 0..3usize, grants in 0u32..512, dynamic: bool
        ) {
            let mut draft = ClientKind::ALL[kind].preset();
            draft.grant_types =
                GrantType::ALL.iter().copied().filter(|grant| grants & (1 << *grant as u32) != 0).collect();
            let origin = dynamic.then_some("dcr:ci");
            let alone = Facets::of(&draft, STANDING[standing]);
            let facets = alone.and(Facets::origin(origin));
            prop_assert_eq!(facets.pass(Facets::dynamic()), dynamic);
            prop_assert_eq!(facets.grants_rank(), alone.grants_rank());
            prop_assert_eq!(facets.its_standing(), Some(STANDING[standing]));
            prop_assert_eq!(facets.its_kind(), Some(draft.kind()));
            prop_assert_eq!(facets.its_grants(), draft.grant_types.clone());
            prop_assert!(facets.pass(Facets::client_type(draft.client_type())));
            prop_assert_eq!(facets.places().fold(0, |bits, place| bits | (1 << place)), facets.bits());
        }
    }
}
