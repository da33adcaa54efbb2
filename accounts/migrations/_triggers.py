def statement_triggers(table: str, name: str, call: str, events: str = "insert update delete") -> str:
    tables = {
        "insert": "NEW TABLE AS after",
        "update": "OLD TABLE AS before NEW TABLE AS after",
        "delete": "OLD TABLE AS before",
    }
    return "".join(
        f"""
        CREATE TRIGGER {name}_on_{event} AFTER {event.upper()} ON {table} REFERENCING {tables[event]}
        FOR EACH STATEMENT EXECUTE FUNCTION {call};"""
        for event in events.split()
    )


def without(functions: list[str]) -> str:
    """Drops functions of triggers, and with them the triggers."""
    return "".join(f"DROP FUNCTION {function}() CASCADE;" for function in functions)
