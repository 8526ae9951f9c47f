//! azure-keyvault-client
