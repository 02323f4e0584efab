// Shows the routes; a relative address, so that it also works below a path of a proxy.
SwaggerUIBundle({ url: "openapi.json", dom_id: "#routes", deepLinking: false, validatorUrl: null });
