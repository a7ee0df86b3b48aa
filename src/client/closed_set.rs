//! One definition for each closed set of names that the standards give: the type, its wire names and their parser.

/// Defines an enum whose members are known by a fixed name on the wire and in the registry file.
macro_rules! closed_set {
    (
        $(#[$meta:meta])*
        $name:ident { $( $(#[$member_meta:meta])* $member:ident = $wire:literal ),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $( $(#[$member_meta])* #[serde(rename = $wire)] $member ),+
        }

        impl $name {
            /// Every member, in the order of definition.
            pub const ALL: &'static [Self] = &[ $( Self::$member ),+ ];

            /// The name on the wire and in the registry file.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$member => $wire ),+ }
            }

            /// The member of this name, compared exactly.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $( $wire => Some(Self::$member), )+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use closed_set;
