//! Can a call work? Answered from what is known, before anything is sent.
//!
//! A call as the account needs a scope in the token and, in a customer's tenant, a GDAP role; a call as the application
//! needs an app role; some need a licence of the tenant. [`preflight`] puts [`Facts`] about the token, the GDAP access
//! and the licences beside what the tables say an [`Operation`](crate::catalog::Operation) needs, and answers with
//! evidence and the smallest change that would help. It never guesses: what the tables or the facts do not tell is
//! [`Verdict::Unknown`].
//!
//! [`CatalogGuard`] asks the same question for every call of a client, see
//! [`ClientOptions::refuse_before_sending`](crate::http::ClientOptions::refuse_before_sending).
//!
//! ```
//! use bundle_core::catalog::PermissionKind;
//! use bundle_core::preflight::{Facts, Verdict, preflight};
//!
//! # fn main() -> bundle_core::Result<()> {
//! let facts = Facts::new(PermissionKind::Application, ["User.Read.All"]);
//! let answer = preflight(&facts, &"GET /users".parse()?);
//! assert!(matches!(answer.verdict, Verdict::Allowed));
//! let answer = preflight(&facts, &"POST /users".parse()?);
//! assert!(answer.to_string().contains("grant the application permission User.ReadWrite.All"));
//! # Ok(())
//! # }
//! ```

mod access;
mod answer;
mod decide;
mod facts;
mod guard;
mod licence;
mod roles;

pub use access::CustomerAccess;
pub use answer::{Answer, Evidence, Missing, Verdict};
pub use decide::preflight;
pub use facts::{Access, Facts};
pub use guard::CatalogGuard;
