//! Proofs of who a person is.

use crate::SignInMethod;

/// How a person proved who they are, and at which credential epoch.
///
/// # Examples
///
/// ```
/// use multi_session::{Epoch, Proof, SignInMethod};
///
/// # fn verified(epoch: Epoch, provider: &SignInMethod) {
/// // A one-time code, checked after `epoch` was read.
/// let proof = Proof::by("code").at(epoch);
/// // A provider whose name comes from the configuration.
/// let proof = Proof::with(provider.clone()).at(epoch);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proof {
    /// How the person was verified.
    pub method: SignInMethod,
    /// The credential epoch that was read before the proof was checked; `None` is not compared.
    pub epoch: Option<Epoch>,
}

impl Proof {
    /// A proof by a method whose name is written in the program, such as `code` or `passkey`.
    ///
    /// # Panics
    ///
    /// If the name is not that of a [`SignInMethod`].
    pub const fn by(method: &'static str) -> Self {
        Self { method: SignInMethod::from_static(method), epoch: None }
    }

    /// A proof by a method whose name is only known at run time.
    pub const fn with(method: SignInMethod) -> Self {
        Self { method, epoch: None }
    }

    /// Sets the epoch that was read before the proof was checked. If a credential of the user has changed since, the
    /// proof starts no session.
    #[must_use]
    pub fn at(self, epoch: Epoch) -> Self {
        Self { epoch: Some(epoch), ..self }
    }
}

/// A counter of the changes of a user's credentials, such as a password that was set, reset or locked, or a passkey
/// that was removed.
///
/// Read it with [`Sessions::epoch`](crate::Sessions::epoch) before you check a proof, and pass it to [`Proof::at`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epoch(i64);

impl Epoch {
    /// The epoch of a user who is not known.
    pub const UNKNOWN: Self = Self(0);
    /// The epoch of a user who was stored just now.
    pub const FIRST: Self = Self(1);

    /// Takes a stored number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Gives the number to store.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// Whether a proof that was checked at this epoch still counts now that the user's epoch is `present`.
    ///
    /// A proof from before the user was stored counts while no credential has changed since: two first sign-ins at once
    /// both succeed.
    pub fn holds_at(self, present: Self) -> bool {
        self == present || (self == Self::UNKNOWN && present == Self::FIRST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proof_is_valid_until_a_credential_changes() {
        let epochs = [Epoch::UNKNOWN, Epoch::FIRST, Epoch::from_number(2)];
        for (number, proved) in epochs.into_iter().enumerate() {
            let counts = epochs.map(|present| proved.holds_at(present));
            let expected = [[true, true, false], [false, true, false], [false, false, true]];
            assert_eq!(counts, expected[number], "{proved:?}");
        }
    }
}
