//! Composing the clients into the ports of the flows. Read this first to embed the bundle.

use std::sync::Arc;
use std::time::Duration;

use azure_keyvault_client::{AzureClient, AzureProbe};
use bundle_core::auth::{
    AccountKey, Credential, FileTokenStore, MemoryTokenStore, PartnerCredential, SignIn, SignInOptions, StoreKey,
    TokenStore, sign_in_with_browser, sign_in_with_device_code,
};
use bundle_core::consent::{ConsentPorts, ConsentRecords};
use bundle_core::customer::CustomerApi;
use bundle_core::directory::ServicePrincipalApi;
use bundle_core::gdap::{FactPorts, RoleGroupPorts};
use bundle_core::http::{ClientOptions, Meter};
use bundle_core::ids::AppId;
use bundle_core::mapping::MappingPorts;
use bundle_core::migration::MigrationPorts;
use bundle_core::offboarding::OffboardingPorts;
use bundle_core::onboarding::OnboardingPorts;
use bundle_core::setup::SetupPorts;
use bundle_core::shield::Probe;
use bundle_core::{Cloud, TenantId};
use exchange_client::{ExchangeClient, ExchangeProbe};
use graph_client::{GraphClient, GraphPorts, GraphProbe};
use partner_center_client::{CspProbe, GdapClient, PartnerCenterClient};
use secrecy::SecretString;

use crate::clock::Clock;
use crate::endpoints::{Demo, Endpoints};
use crate::exit::Failure;
use crate::inputs;
use crate::onboard::{Args, SignInBy, guid};

/// A partner's connection to a cloud: one credential, one client for each service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connection {
    /// The cloud.
    pub cloud: Cloud,
    /// The partner's tenant.
    pub partner: TenantId,
    /// The application.
    pub application: AppId,
    /// Where the time comes from.
    pub clock: Clock,
    /// Counts what is sent.
    pub meter: Arc<Meter>,
    credential: Arc<PartnerCredential>,
    graph: GraphClient,
    partner_center: PartnerCenterClient,
    exchange: ExchangeClient,
    azure: AzureClient,
}

impl Connection {
    /// Builds the clients around a credential. They share connections; `meter` is one of the observers in `options`.
    ///
    /// # Errors
    /// [`Failure::Usage`]: the options cannot work.
    pub fn new(
        credential: PartnerCredential,
        options: &ClientOptions,
        meter: Arc<Meter>,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let (partner, application) = (credential.partner(), credential.application());
        let credential = Arc::new(credential);
        let shared: Arc<dyn Credential> = Arc::clone(&credential) as Arc<dyn Credential>;
        Ok(Self {
            cloud: options.cloud.clone(),
            partner,
            application,
            clock,
            graph: GraphClient::with_options(Arc::clone(&shared), options)?,
            partner_center: PartnerCenterClient::with_options(Arc::clone(&shared), partner, options)?,
            exchange: ExchangeClient::with_options(Arc::clone(&shared), options)?,
            azure: AzureClient::with_options(shared, options)?,
            credential,
            meter,
        })
    }

    /// Connects to a sandbox with the credentials it offers.
    ///
    /// # Errors
    /// [`Failure::Usage`]: the endpoint file has no demonstration credentials.
    pub async fn demo(endpoints: Endpoints) -> Result<Self, Failure> {
        let demo = endpoints.demo()?.ok_or_else(|| {
            Failure::usage("endpoint file: no demo in it, so --tenant, --application and credentials are needed")
        })?;
        Self::with_demo(endpoints.cloud, &demo, Arc::new(MemoryTokenStore::new())).await
    }

    /// Connects as the demonstration's service account, with tokens kept in `store`.
    ///
    /// # Errors
    /// As the store's.
    pub async fn with_demo(cloud: Cloud, demo: &Demo, store: Arc<dyn TokenStore>) -> Result<Self, Failure> {
        let (options, meter) = metered(cloud)?;
        let credential = PartnerCredential::builder(demo.partner_tenant_id, demo.application_id)
            .client_secret(demo.client_secret.clone())
            .store(store)
            .build(&options)?;
        if !credential.has_refresh_token().await? {
            credential.keep_refresh_token(&demo.refresh_token).await?;
        }
        let clock = demo.clock.clone().map_or(Clock::System, Clock::sandbox);
        Self::new(credential, &options, meter, clock)
    }

    /// Connects the way the arguments say.
    ///
    /// # Errors
    /// [`Failure::Usage`]: something is missing or wrong; the line names it. [`Failure::Failed`]: the sign-in failed.
    pub async fn from_args(args: &Args) -> Result<Self, Failure> {
        let endpoints = match (&args.endpoints, &args.cloud) {
            (Some(path), _) => Endpoints::read(path)?,
            (None, Some(name)) => Endpoints::of(Cloud::named(name)?),
            (None, None) => return Err(Failure::usage("--endpoints or --cloud is needed")),
        };
        let store = store(args)?;
        // Real credentials in the environment must not go to a sandbox by accident: the demonstration's own are used
        // unless a tenant or application is named.
        if (&args.tenant, &args.application) == (&None, &None)
            && let Some(demo) = endpoints.demo()?
        {
            return Self::with_demo(endpoints.cloud, &demo, store).await;
        }
        let needed = |name: &str, value: &Option<String>| {
            value.clone().ok_or_else(|| Failure::usage(format!("{name} is needed to work on this cloud")))
        };
        let partner: TenantId = guid("--tenant", &needed("--tenant", &args.tenant)?)?;
        let application: AppId = guid("--application", &needed("--application", &args.application)?)?;
        let secret = inputs::secret("client secret", args.client_secret_file.as_deref(), "BUNDLE_CLIENT_SECRET")?
            .ok_or_else(|| Failure::usage("client secret: set BUNDLE_CLIENT_SECRET or give --client-secret-file"))?;
        let refresh_token =
            inputs::secret("refresh token", args.refresh_token_file.as_deref(), "BUNDLE_REFRESH_TOKEN")?;

        let (options, meter) = metered(endpoints.cloud)?;
        let credential = PartnerCredential::builder(partner, application)
            .client_secret(secret.clone())
            .store(Arc::clone(&store))
            .build(&options)?;
        let known = store.load(&AccountKey::new(partner, application)).await?.is_some();
        match (known, refresh_token, args.sign_in) {
            // A stored token is newer than the one it was once made from.
            (true, _, None) => {}
            (_, Some(token), None) => credential.keep_refresh_token(&token).await?,
            (_, _, Some(how)) => {
                let sign_in = sign_in(how, &options, partner, application, &secret).await?;
                credential.keep(&sign_in).await?;
            }
            (false, None, None) => {
                return Err(Failure::usage(
                    "sign-in: give --sign-in device-code or browser, BUNDLE_REFRESH_TOKEN, --refresh-token-file or a \
                     --token-store that holds one",
                ));
            }
        }
        Self::new(credential, &options, meter, Clock::System)
    }

    /// What the set-up of the partner's tenant reaches out through.
    #[must_use]
    pub fn setup_ports(&self) -> SetupPorts {
        let graph = self.graph_ports();
        SetupPorts {
            tenants: Arc::clone(&graph) as _,
            groups: Arc::clone(&graph) as _,
            applications: Arc::clone(&graph) as _,
            principals: Arc::clone(&graph) as _,
            grants: graph,
            credential: self.credential(),
        }
    }

    /// What the onboarding of customers reaches out through.
    #[must_use]
    pub fn onboarding_ports(&self) -> OnboardingPorts {
        let graph = self.graph_ports();
        let partner_center = Arc::new(self.partner_center.clone());
        let gdap = Arc::new(self.partner_center.gdap());
        OnboardingPorts {
            customers: Arc::clone(&partner_center) as _,
            relationships: Arc::clone(&gdap) as _,
            assignments: gdap,
            consent: partner_center,
            principals: Arc::clone(&graph) as _,
            grants: Arc::clone(&graph) as _,
            policies: Arc::clone(&graph) as _,
            tenants: graph,
            probes: self.probes(),
            credential: self.credential(),
        }
    }

    /// What consent at scale reaches out through; `records` is where customers are remembered.
    #[must_use]
    pub fn consent_ports(&self, records: Arc<dyn ConsentRecords>) -> ConsentPorts {
        let graph = self.graph_ports();
        ConsentPorts {
            consent: Arc::new(self.partner_center.clone()),
            principals: Arc::clone(&graph) as _,
            grants: graph,
            credential: self.credential(),
            records,
        }
    }

    /// What the sources of customers are read through.
    #[must_use]
    pub fn mapping_ports(&self) -> MappingPorts {
        MappingPorts {
            customers: Arc::new(self.partner_center.clone()),
            contracts: self.graph_ports(),
            relationships: Arc::new(self.gdap()),
        }
    }

    /// What leaving a customer reaches out through.
    #[must_use]
    pub fn offboarding_ports(&self) -> OffboardingPorts {
        let graph = self.graph_ports();
        let partner_center = Arc::new(self.partner_center.clone());
        OffboardingPorts {
            tenants: Arc::clone(&graph) as _,
            traces: Arc::clone(&graph) as _,
            principals: Arc::clone(&graph) as _,
            principal_upkeep: graph,
            consent: Arc::clone(&partner_center) as _,
            facts: self.fact_ports(),
            relationships: Arc::new(self.gdap()),
            reseller: partner_center,
            credential: self.credential(),
        }
    }

    /// What a migration to the application of this connection reaches out through.
    #[must_use]
    pub fn migration_ports(&self) -> MigrationPorts {
        let graph = self.graph_ports();
        MigrationPorts {
            applications: Arc::clone(&graph) as _,
            secrets: Arc::clone(&graph) as _,
            principals: Arc::clone(&graph) as _,
            legacy: None,
            principal_upkeep: graph,
            consent: Arc::new(self.partner_center.clone()),
            credential: self.credential(),
        }
    }

    /// Service principals as the service account sees them through another application of the partner.
    ///
    /// # Errors
    /// As the credential's.
    pub async fn principals_through(
        &self,
        application: AppId,
        secret: SecretString,
        refresh_token: &SecretString,
    ) -> Result<Arc<dyn ServicePrincipalApi>, Failure> {
        let (options, _) = metered(self.cloud.clone())?;
        let credential = PartnerCredential::builder(self.partner, application).client_secret(secret).build(&options)?;
        credential.keep_refresh_token(refresh_token).await?;
        let graph = GraphClient::with_options(Arc::new(credential), &options)?;
        Ok(Arc::new(GraphPorts::new(graph, self.partner)))
    }

    /// The partner's GDAP relationships.
    #[must_use]
    pub fn gdap(&self) -> GdapClient {
        self.partner_center.gdap()
    }

    /// The partner's customers.
    #[must_use]
    pub fn customer_api(&self) -> Arc<dyn CustomerApi> {
        Arc::new(self.partner_center.clone())
    }

    /// What role groups are reached through.
    #[must_use]
    pub fn role_group_ports(&self) -> RoleGroupPorts {
        let graph = self.graph_ports();
        RoleGroupPorts { tenants: Arc::clone(&graph) as _, groups: Arc::clone(&graph) as _, tree: graph }
    }

    /// What the facts about relationships are read through.
    #[must_use]
    pub fn fact_ports(&self) -> FactPorts {
        let gdap = Arc::new(self.gdap());
        FactPorts { relationships: Arc::clone(&gdap) as _, assignments: gdap, groups: self.graph_ports() }
    }

    /// One probe for each integration.
    #[must_use]
    pub fn probes(&self) -> Vec<Arc<dyn Probe>> {
        vec![
            Arc::new(GraphProbe::new(self.graph.clone())),
            Arc::new(ExchangeProbe::new(self.exchange.clone())),
            Arc::new(CspProbe::new(self.partner_center.clone())),
            Arc::new(AzureProbe::new(&self.azure)),
        ]
    }

    /// The credential all clients share.
    #[must_use]
    pub fn credential(&self) -> Arc<dyn Credential> {
        Arc::clone(&self.credential) as Arc<dyn Credential>
    }

    fn graph_ports(&self) -> Arc<GraphPorts> {
        Arc::new(GraphPorts::new(self.graph.clone(), self.partner))
    }
}

/// Where the refresh token is kept.
fn store(args: &Args) -> Result<Arc<dyn TokenStore>, Failure> {
    let Some(path) = &args.token_store else { return Ok(Arc::new(MemoryTokenStore::new())) };
    let key = inputs::secret("token store key", None, "BUNDLE_TOKEN_KEY")?.ok_or_else(|| {
        Failure::usage(
            "token store key: set BUNDLE_TOKEN_KEY to the base64 of 32 random bytes (openssl rand -base64 32)",
        )
    })?;
    Ok(Arc::new(FileTokenStore::new(path, StoreKey::from_base64(&key)?)))
}

async fn sign_in(
    how: SignInBy,
    options: &ClientOptions,
    partner: TenantId,
    application: AppId,
    secret: &SecretString,
) -> Result<SignIn, Failure> {
    let sign_in = SignInOptions::new(options.clone(), partner, application)
        .client_secret(secret.clone())
        .patience(SIGN_IN_PATIENCE);
    let done = match how {
        SignInBy::DeviceCode => sign_in_with_device_code(&sign_in, |prompt| note!("{}", prompt.message)).await?,
        SignInBy::Browser => {
            sign_in_with_browser(&sign_in, |url| {
                note!("Open this address in a browser on this machine and sign in as the service account:\n{url}");
            })
            .await?
        }
    };
    if !done.claims().has_mfa() {
        note!("warning: the sign-in did not use multifactor authentication; Partner Center will refuse it");
    }
    Ok(done)
}

/// Options for clients that share connections, and what counts their requests.
fn metered(cloud: Cloud) -> Result<(ClientOptions, Arc<Meter>), Failure> {
    let meter = Arc::new(Meter::default());
    let options = ClientOptions::new(cloud).application(APPLICATION).observer(Arc::clone(&meter) as _);
    Ok((options.shared_transport()?, meter))
}

/// How the programs name themselves to the services.
const APPLICATION: &str = concat!("bundle-examples/", env!("CARGO_PKG_VERSION"));

/// How long a person may take to sign in.
const SIGN_IN_PATIENCE: Duration = Duration::from_secs(300);
