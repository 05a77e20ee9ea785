/** oxlint's eyes for the rooms: one rule for imports, one for globals. What is allowed stands in lint-rules.mjs. */
import { relative, resolve, sep } from "node:path";
import { globalBreach, hasRow, importBreach, propertyBreach } from "./lint-rules.mjs";

const imports = {
  create(context) {
    const file = pathInSrc(context);
    if (file === undefined) return {};
    const check = (node, source, how) => {
      if (typeof source?.value !== "string") return;
      const message = importBreach(file, source.value, how);
      if (message) context.report({ node, message });
    };
    return {
      ImportDeclaration(node) {
        check(node, node.source, {
          typeOnly: node.importKind === "type",
          names: namesOf(node.specifiers, "imported"),
        });
      },
      ExportNamedDeclaration(node) {
        check(node, node.source, {
          typeOnly: node.exportKind === "type",
          names: namesOf(node.specifiers, "local"),
        });
      },
      ExportAllDeclaration(node) {
        check(node, node.source, { typeOnly: node.exportKind === "type" });
      },
      ImportExpression(node) {
        check(node, node.source, { lazy: true });
        if (typeof node.source.value === "string") return;
        context.report({ node, message: "import() needs a literal: what it loads must be seen" });
      },
      TSImportType(node) {
        check(node, node.source ?? node.argument?.literal ?? node.argument, {
          lazy: true,
          typeOnly: true,
        });
      },
      TSExternalModuleReference(node) {
        check(node, node.expression, {});
      },
    };
  },
};

const globals = {
  create(context) {
    const file = pathInSrc(context);
    if (file === undefined) return {};
    const report = (node, message) => message && context.report({ node, message });
    return {
      MemberExpression(node) {
        report(node, propertyBreach(file, node.object.name, propertyOf(node)));
      },
      VariableDeclarator({ id, init }) {
        if (id.type !== "ObjectPattern" || init?.type !== "Identifier") return;
        for (const { key } of id.properties) report(id, propertyBreach(file, init.name, key?.name));
      },
      "Program:exit"() {
        for (const identifier of globalReferences(context)) {
          const { name, parent } = identifier;
          // Those are told, or allowed, by the visitor above.
          if (parent.object === identifier && hasRow(name, propertyOf(parent))) continue;
          report(identifier, globalBreach(file, name));
        }
      },
    };
  },
};

export default { meta: { name: "rooms" }, rules: { imports, globals } };

/** The file's path below src/, with forward slashes; undefined for a file elsewhere. */
function pathInSrc(context) {
  const path = relative(resolve(context.cwd, "src"), context.filename);
  return path.startsWith("..") ? undefined : path.split(sep).join("/");
}

/** The names that are imported or re-exported; undefined where it is the module as a whole. */
function namesOf(specifiers, side) {
  if (specifiers.length === 0 || specifiers.some((specifier) => !specifier[side])) return undefined;
  return specifiers.map((specifier) => specifier[side].name ?? specifier[side].value);
}

function propertyOf(member) {
  if (!member.computed) return member.property.name;
  return typeof member.property.value === "string" ? member.property.value : undefined;
}

/** Identifiers that no declaration of the file stands behind. */
function globalReferences(context) {
  const scope = context.sourceCode.scopeManager.globalScope;
  const declared = scope.variables
    .filter((variable) => variable.defs.length === 0)
    .flatMap((variable) => variable.references);
  return [...scope.through, ...declared].map((reference) => reference.identifier);
}
