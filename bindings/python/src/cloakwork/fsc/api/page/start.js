// The validator of Swagger UI is a web site of others: nothing is sent there.
window.ui = SwaggerUIBundle({ url: "../openapi.json", dom_id: "#page", validatorUrl: null });
