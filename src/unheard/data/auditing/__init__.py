"""What an audit hears, measures and compares; `unheard.data.auditing.examination` puts it together."""
